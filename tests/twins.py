"""The analyses once more, in plain Python over a list of events: slow, and with nothing in common but the words."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations
from statistics import median
from zoneinfo import ZoneInfo

from shopkeeper.data.catalog import Product
from shopkeeper.data.events import GUEST_PREFIX, INTERACTIONS, Event, EventType
from shopkeeper.data.insights import (
    Cohort,
    Days,
    EarnedFigures,
    EarnedQuestion,
    FunnelFigures,
    FunnelQuestion,
    PathsQuestion,
    PerformanceFigures,
    PerformanceOf,
    PerformanceQuestion,
    Period,
    RetentionQuestion,
    RfmCell,
    SearchFigures,
    Tally,
    WayFigures,
)
from shopkeeper.data.merges import Merge
from shopkeeper.kit.clock import to_us

BUY = EventType.PURCHASE


@dataclass(frozen=True)
class Done:
    """One event, whose it is, and on which day of the shop it was."""

    who: str
    day: date
    event: Event

    @property
    def basket(self) -> tuple[str, object]:
        return self.who, self.event.order_id if self.event.order_id is not None else self.day


def log(events: Iterable[Event], merges: Sequence[Merge], zone: ZoneInfo) -> list[Done]:
    """Return each event once, in order of time, then of arrival."""
    once: dict[str, Event] = {}
    for event in events:
        once.setdefault(event.event_id, event)
    done = [Done(_owner(event, merges), event.at.astimezone(zone).date(), event) for event in once.values()]
    return sorted(done, key=lambda one: one.event.at)


def _owner(event: Event, merges: Sequence[Merge]) -> str:
    """The user of the visitor's first merge that came no sooner than the event."""
    later = [one for one in merges if one.visitor_id == event.shopper_id and one.at >= event.at]
    return min(later, key=lambda one: one.at).user_id if later else event.shopper_id


def within(done: Iterable[Done], days: Days) -> list[Done]:
    first, last = days.since or date.min, days.until or date.max
    return [one for one in done if first <= one.day <= last]


def group_of(one: Done, by: PerformanceOf, products: Mapping[str, Product]) -> str | None:
    if by == "item":
        return one.event.item_id
    product = products.get(one.event.item_id or "")
    names = [] if product is None else [product.brand] if by == "brand" else list(product.categories)
    return names[0].split(" > ")[0] if names and names[0] is not None else None


def funnel(done: Sequence[Done], question: FunnelQuestion, products: Mapping[str, Product]) -> list[FunnelFigures]:
    people: dict[tuple[str | None, str], list[Event]] = defaultdict(list)
    for one in within(done, question.days):
        group = group_of(one, question.by, products) if question.by else None
        if question.by and group is None:
            continue
        people[group, one.who].append(one.event)
    found = []
    for group in {group for group, _ in people}:
        taken = [_taken(events, question) for (of, _), events in people.items() if of == group]
        reached = tuple(sum(n > k for n, _ in taken) for k in range(len(question.steps)))
        if not reached[0]:
            continue
        times = [us for _, us in taken if us is not None]
        found.append(FunnelFigures(group, reached, median(times) if times else None))
    return sorted(found, key=lambda one: (-one.reached[0], str(one.group)))


def _taken(events: Sequence[Event], question: FunnelQuestion) -> tuple[int, int | None]:
    """Try every beginning and every way to go on."""
    steps, best, shortest = question.steps, 0, None

    def go_on(chain: list[int]) -> None:
        nonlocal best, shortest
        best = max(best, len(chain))
        start, last = events[chain[0]], events[chain[-1]]
        if len(chain) == len(steps):
            us = to_us(last.at) - to_us(start.at)
            shortest = us if shortest is None else min(us, shortest)
            return
        places = [chain[-1] + 1] if question.strict else range(len(events))
        for place in places:
            if place < len(events) and events[place].type == steps[len(chain)]:
                after = last.at <= events[place].at
                if after and to_us(events[place].at) - to_us(start.at) <= question.window_us:
                    go_on([*chain, place])

    for place, event in enumerate(events):
        if event.type == steps[0]:
            go_on([place])
    return best, shortest


def _start(every: Period, day: date) -> date:
    return {"day": day, "week": day - timedelta(day.weekday()), "month": day.replace(day=1)}[every]


def _later(every: Period, start: date, k: int) -> date:
    if every == "month":
        months = start.year * 12 + start.month - 1 + k
        return date(months // 12, months % 12 + 1, 1)
    return start + timedelta(k * (7 if every == "week" else 1))


def retention(done: Sequence[Done], question: RetentionQuestion) -> list[Cohort]:
    active: dict[str, set[date]] = defaultdict(set)
    for one in done:
        if one.event.type in question.again and not one.who.startswith(GUEST_PREFIX):
            active[one.who].add(one.day)
    cohorts: dict[date, list[set[date]]] = defaultdict(list)
    first, last = question.days.since or date.min, question.days.until or date.max
    for days in active.values():
        if first <= min(days) <= last:
            cohorts[_start(question.every, min(days))].append({_start(question.every, day) for day in days})
    newest = max((one.day for one in done), default=date.min)
    found = []
    for start in sorted(cohorts):
        periods = [_later(question.every, start, k) for k in range(question.periods + 1)]
        counts = [sum(period in seen for seen in cohorts[start]) for period in periods if period <= newest]
        found.append(Cohort(start, tuple(counts)))
    return found


def main_currency(done: Iterable[Done]) -> str | None:
    paid = Counter(one.event.price.currency for one in done if one.event.type == BUY and one.event.price)
    return min(paid, key=lambda code: (-paid[code], code)) if paid else None


def rfm(done: Sequence[Done], days: Days) -> tuple[list[RfmCell], str | None]:
    chosen = [one for one in within(done, days) if one.event.type in (BUY, EventType.REFUND)]
    currency = main_currency(chosen)
    customers = []
    for who in {one.who for one in chosen if one.event.type == BUY and not one.who.startswith(GUEST_PREFIX)}:
        own = [one for one in chosen if one.who == who]
        bought = [one for one in own if one.event.type == BUY]
        minor = 0
        for one in own:
            if one.event.price and one.event.price.currency == currency:
                amount = one.event.price.minor * one.event.quantity
                minor += amount if one.event.type == BUY else -amount
        customers.append((max(one.day for one in bought), len({one.basket for one in bought}), minor))

    def score(customer: tuple[date, int, int], place: int) -> int:
        worse = sum(other[place] < customer[place] for other in customers)  # type: ignore[operator]  # numbers
        return 1 + 5 * worse // len(customers)

    cells: dict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0, 0])
    for customer in customers:
        r, f, m = (score(customer, place) for place in range(3))
        cell = cells[r, (f + m + 1) // 2]
        cell[0], cell[1], cell[2] = cell[0] + 1, cell[1] + customer[1], cell[2] + customer[2]
    return [RfmCell(*scores, *cells[scores]) for scores in sorted(cells)], currency


Pair = tuple[str, str, int, int, int, int]


def pairs(done: Sequence[Done], days: Days, least: int) -> tuple[int, int, list[Pair]]:
    """Return how many baskets there are, how many products in enough of them, and each pair with its counts."""
    baskets: dict[tuple[str, object], set[str]] = defaultdict(set)
    for one in within(done, days):
        if one.event.type == BUY and one.event.item_id is not None:
            baskets[one.basket].add(one.event.item_id)
    baskets = {basket: items for basket, items in baskets.items() if len(items) <= 100}
    alone = Counter(item for items in baskets.values() for item in items)
    found = []
    for a, b in combinations(sorted(alone), 2):
        of = [who for (who, _), items in baskets.items() if {a, b} <= items]
        if len(of) >= least:
            found.append((a, b, alone[a], alone[b], len(of), len(set(of))))
    n_items = sum(n >= least for n in alone.values())
    return len(baskets), n_items, found


def earned(done: Sequence[Done], question: EarnedQuestion) -> tuple[list[EarnedFigures], str | None]:
    counted = within(done, question.days)
    currency = main_currency(counted)
    noted: dict[tuple[tuple[str | None, ...], str], list[tuple[str, int]]] = defaultdict(list)
    for one in counted:
        event, minor = one.event, 0
        if event.type == BUY and event.price and event.price.currency == currency:
            minor = event.price.minor * event.quantity
        named, figure = event.recommendation_id, {6: "shown", 7: "clicked", 2: "carted", 4: "bought"}.get(event.type)
        if event.type in (EventType.CART, BUY):
            named, ending = _due(one, done, question.window_us)
            figure = f"{figure}{ending}"
        if figure is None or named is None:
            continue
        names = named.split(".")
        told = dict(zip(("scenario", "model", "version"), names, strict=False)) if len(names) == 4 else {}
        for origin in ((), tuple(told.get(part) for part in question.by)):
            noted[origin, figure].append((one.who, minor))
    origins: dict[tuple[str | None, ...], dict[str, Tally]] = {(): {}}
    for (origin, figure), rows in noted.items():
        tally = Tally(len(rows), len({who for who, _ in rows}), sum(minor for _, minor in rows))
        origins.setdefault(origin, {})[figure] = tally
    return [EarnedFigures(origin, **figures) for origin, figures in origins.items()], currency


def _due(one: Done, done: Sequence[Done], window_us: int) -> tuple[str | None, str]:
    """Look back for the list that a cart or a purchase is due to."""
    before = [
        other.event
        for other in done
        if (other.who, other.event.item_id) == (one.who, one.event.item_id)
        and other.event.recommendation_id is not None
        and other.event.at <= one.event.at
    ]
    clicks = [event for event in before if event.type == EventType.CLICK]
    views = [event for event in before if event.type == EventType.IMPRESSION]

    def is_near(event: Event) -> bool:
        return to_us(one.event.at) - to_us(event.at) <= window_us

    if clicks and is_near(clicks[-1]):
        return clicks[-1].recommendation_id, ""
    if not clicks and one.event.recommendation_id is not None:
        return one.event.recommendation_id, ""
    return (views[-1].recommendation_id, "_unclicked") if views and is_near(views[-1]) else (None, "")


def performance(
    done: Sequence[Done], question: PerformanceQuestion, products: Mapping[str, Product]
) -> tuple[list[PerformanceFigures], str | None]:
    chosen = within(done, question.days)
    currency = question.currency or main_currency(chosen)
    groups: dict[str, list[Done]] = defaultdict(list)
    for one in chosen:
        group = group_of(one, question.by, products)
        if group is not None:
            groups[group].append(one)
    found = []
    for name, rows in groups.items():
        tallies = []
        for kind in (EventType.VIEW, EventType.CART, BUY):
            who = [one.who for one in rows if one.event.type == kind]
            tallies.append((len(who), len(set(who))))
        minor = sum(
            one.event.price.minor * one.event.quantity * (1 if one.event.type == BUY else -1)
            for one in rows
            if one.event.type in (BUY, EventType.REFUND) and one.event.price and one.event.price.currency == currency
        )
        through = {
            view.who
            for view in rows
            for bought in rows
            if (view.event.type, bought.event.type, bought.who) == (EventType.VIEW, BUY, view.who)
            and view.event.at <= bought.event.at
        }
        viewed, carted, bought_ = tallies
        if any(times for times, _ in tallies) or minor:
            found.append(PerformanceFigures(name, Tally(*viewed), Tally(*carted), Tally(*bought_, minor), len(through)))
    return found, currency


def visits(done: Iterable[Done]) -> list[list[Done]]:
    """Return what each person did without half an hour of silence."""
    found: list[list[Done]] = []
    people: dict[str, list[Done]] = defaultdict(list)
    for one in done:
        people[one.who].append(one)
    for rows in people.values():
        for place, one in enumerate(rows):
            if place == 0 or one.event.at - rows[place - 1].event.at > timedelta(minutes=30):
                found.append([])
            found[-1].append(one)
    return found


def paths(
    done: Sequence[Done], question: PathsQuestion, products: Mapping[str, Product], least: int
) -> tuple[int, int, list[WayFigures]]:
    ways: dict[tuple[tuple[str, ...], bool], list[str]] = defaultdict(list)
    people = []
    for visit in visits(within(done, question.days)):
        steps: list[str] = []
        for one in visit:
            if one.event.type not in question.types:
                continue
            group = group_of(one, "category", products) if question.by_category else None
            step = f"{one.event.type.label} {group}" if group else one.event.type.label
            if not steps or steps[-1] != step:
                steps.append(step)
        if steps:
            people.append(visit[0].who)
        for n in range(1, min(len(steps), question.length) + 1):
            ways[tuple(steps[:n]), False].append(visit[0].who)
        if 0 < len(steps) < question.length:
            ways[tuple(steps), True].append(visit[0].who)
    found = [WayFigures(*way, len(who), len(set(who))) for way, who in ways.items() if len(set(who)) >= least]
    return len(people), len(set(people)), found


def searches(done: Sequence[Done], days: Days, least: int) -> list[SearchFigures]:
    told: dict[str | None, list[tuple[str, bool, int | None]]] = {None: []}
    for visit in visits(within(done, days)):
        asked = [one for one in visit if one.event.type == EventType.SEARCH and _words(one)]
        for one in asked:
            later = [other.event.at for other in asked if other.event.at > one.event.at]
            is_followed = any(
                other.event.type in INTERACTIONS
                and other.event.item_id is not None
                and one.event.at <= other.event.at
                and (not later or other.event.at < later[0])
                for other in visit
            )
            for words in (None, _words(one)):
                told.setdefault(words, []).append((one.who, is_followed, one.event.n_results))
    found = []
    for words, rows in told.items():
        kinds = (
            [who for who, _, _ in rows],
            [who for who, is_followed, _ in rows if not is_followed],
            [who for who, _, n in rows if n is not None],
            [who for who, _, n in rows if n == 0],
        )
        if words is None or len(set(kinds[0])) >= least:
            found.append(SearchFigures(words, *(Tally(len(who), len(set(who))) for who in kinds)))
    return found


def _words(one: Done) -> str:
    return (one.event.query or "").strip(" \t\r\n").lower()

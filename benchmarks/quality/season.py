"""A simulated season with a turn: 120 days of a campaign with a budget, from whose middle offers move twice as much.

Simulated, with these curves. Six features z of a person are normal. Who gets nothing buys within a week with the chance
p = expit(-2.2 + .8 z1 + .4 z2); an offer of d = 5, 10 or 15 % off adds r (1 - exp(-d / .08)) (1 - p), where
r = .5 expit(-1 + 1.4 z3 - .4 z1), and from day 60 on twice that, .95 in all at most. A basket is log-normal about
40.00 exp(.3 z4), of which 45 % is margin; who buys with a coupon uses it within a week, after two days in the mean.

Before the season a pilot of 60,000 people gets each offer or none by chance; from that, once, uplift is learned. In the
season people come once each. The drawn arms, .05 to explore and .05 never, are kept, and count as they are. The price
moves six-hourly by what was redeemed. A gain is the expected margin less coupons that decisions add, by true curves.
The oracle knows these and all who will come, and plans exactly: for all whom the policy decides about, while the drawn
arms are as they are; and for everybody, as if nothing had to be learned. The response model has the same pace and arms,
and gives one offer, that which earns most by the true curves, to who is likely to buy with it.

    python -m benchmarks.quality.season
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from benchmarks.record import Row, peak_mb, picture, write
from shopkeeper.coupons.assignment import Lottery
from shopkeeper.coupons.boosting import Mean, TreesConfig
from shopkeeper.coupons.budget import Limits, Prices, plan
from shopkeeper.coupons.choosing import Costs
from shopkeeper.coupons.deciding import UNIT
from shopkeeper.coupons.filling import Task, chosen_at
from shopkeeper.coupons.pacing import Books, Delays, Pacer
from shopkeeper.coupons.pictures import spending_svg
from shopkeeper.coupons.qini import Trial
from shopkeeper.coupons.uplift import Seen, Uplift

HERE = Path(__file__).parent
COMMAND = "python -m benchmarks.quality.season"
DEPTHS = np.array([0.05, 0.10, 0.15])
OFFERS = ("five", "ten", "fifteen")
MARGIN, WEEK = 0.45, 7.0
Floats = NDArray[np.float64]
Whole = NDArray[np.int64]


class Settings(TypedDict):
    """What the .toml holds."""

    people_a_day: int
    days: int
    pilot: int
    seeds: list[int]
    budget: float
    ticks_a_day: int
    reach: dict[str, float]


@dataclass(frozen=True)
class People:
    """Who comes, when, and what they would do."""

    x: Floats
    day: Floats
    anyway: Floats
    """The chance to buy without a coupon."""
    with_offer: Floats
    """And with each, (n, 3)."""
    basket: Floats

    @classmethod
    def drawn(cls, day: Floats, turn: float, rng: np.random.Generator) -> "People":
        """Return people who come at these times."""
        z = rng.standard_normal((len(day), 6))
        anyway = expit(-2.2 + 0.8 * z[:, 0] + 0.4 * z[:, 1])
        responds = 0.5 * expit(-1.0 + 1.4 * z[:, 2] - 0.4 * z[:, 0]) * np.where(day >= turn, 2.0, 1.0)
        effect = (responds * (1 - anyway))[:, None] * (1 - np.exp(-DEPTHS / 0.08))
        basket = 4000 * np.exp(0.3 * z[:, 3] + 0.4 * rng.standard_normal(len(day)) - 0.08)
        return cls(z, day, anyway, np.minimum(anyway[:, None] + effect, 0.95), basket)

    def expected(self) -> tuple[Floats, Floats]:
        """Return what each offer truly gains and costs, by the mean basket of such a person."""
        basket = 4000 * np.exp(0.3 * self.x[:, 3])[:, None]
        cost = self.with_offer * basket * DEPTHS
        return (self.with_offer - self.anyway[:, None]) * basket * MARGIN - cost, cost


@dataclass(frozen=True)
class Told:
    """What a policy expects of people: gains and costs, (n, 3), and to whom it may give which offer."""

    gain: Floats
    cost: Whole


def main() -> None:
    settings: Settings = tomllib.loads((HERE / "season.toml").read_text())  # type: ignore[assignment]
    start, figures = perf_counter(), dict[str, list[float]]()
    for seed in settings["seeds"]:
        for name, value in season(settings, seed).items():
            figures.setdefault(name, []).append(value)
            print(seed, name, round(value, 4), flush=True)
    rows = [
        Row(
            row="a simulated season, response doubles in its middle",
            metric=name,
            value=float(np.mean(values)),
            spread=float(np.ptp(values) / 2),
            reach=settings["reach"].get(name),
            seeds=tuple(settings["seeds"]),
            of_seeds=tuple(values),
            seconds=perf_counter() - start,
            peak_mb=peak_mb(),
            command=COMMAND,
        )
        for name, values in figures.items()
    ]
    print(write("coupons/quality", "season", rows))


def season(settings: Settings, seed: int) -> dict[str, float]:
    """Run one season, and return its figures."""
    rng, turn = np.random.default_rng(seed), settings["days"] / 2
    pilot, seen, delays = piloted(settings["pilot"], turn, rng)
    n = settings["people_a_day"] * settings["days"]
    people = People.drawn(np.sort(rng.random(n)) * settings["days"], turn, rng)
    before = People.drawn(np.zeros(50_000), turn, rng).expected()
    best = np.where(before[0].max(axis=1) > 0, before[1][np.arange(50_000), before[0].argmax(axis=1)], 0)
    budget = int(settings["budget"] * best.mean() * n * UNIT)
    uplift = Uplift.fit(OFFERS, seen, seed=seed, permutations=99)
    print(uplift.why(), [own.learner for own in uplift.of_offer], flush=True)
    gain, cost = uplift.gains_and_costs(people.x)
    drawn = Drawn.of(n, seed)
    ours = run(people, drawn, Told(gain, whole(cost)), budget, delays, settings)
    likely = run(people, drawn, responding(pilot, seen, people, budget), budget, delays, settings)
    if seed == settings["seeds"][0]:
        days = [amount / UNIT / 100 for amount in ours.spent_by_tick[:: settings["ticks_a_day"]]]
        planned = [budget * day / len(days) / UNIT / 100 for day in range(len(days))]
        picture("season_spending", spending_svg(planned, days, "A simulated season: spent, and planned"))
    gain, cost = people.expected()
    within = within_arms(gain, cost, drawn, budget)
    return {
        "spend off plan": abs(ours.spent / budget - 1),
        "of the oracle's gain": ours.gain / within,
        "of the gain of an oracle without drawn arms": ours.gain / plan(gain, whole(cost), Limits(money=budget)).gain,
        "times a response model": ours.gain / likely.gain,
        "a response model's part of the oracle's gain": likely.gain / within,
        "farthest off plan, of the budget": ours.off(budget),
    }


def within_arms(gain: Floats, cost: Floats, drawn: "Drawn", budget: int) -> float:
    """Return what the oracle gains where the drawn arms are as they are."""
    explored = np.flatnonzero(drawn.explores & (drawn.offer >= 0))
    spent = int(whole(cost)[explored, drawn.offer[explored]].sum())
    best = plan(gain[drawn.decided], whole(cost[drawn.decided]), Limits(money=budget - spent))
    return best.gain + float(gain[explored, drawn.offer[explored]].sum())


def whole(cost: Floats) -> Whole:
    return np.rint(cost * UNIT).astype(np.int64)


def piloted(n: int, turn: float, rng: np.random.Generator) -> tuple[People, Seen, Delays]:
    """Return people whom chance gave an offer or none, what came of it, and how long coupons took."""
    people = People.drawn(np.zeros(n), turn, rng)
    offer = rng.integers(-1, 3, n).astype(np.int32)
    chance = np.where(offer >= 0, people.with_offer[np.arange(n), offer], people.anyway)
    spends = people.basket * (rng.random(n) < chance)
    seen = Seen(
        [f"z{k}" for k in range(6)],
        people.x,
        offer,
        np.full((n, 4), 0.25),
        MARGIN * spends,
        spends * np.where(offer >= 0, DEPTHS[offer], 0.0),
    )
    return people, seen, Delays.of(waited(int((seen.cost > 0).sum()), rng))


def waited(n: int, rng: np.random.Generator) -> Floats:
    """Return how long coupons take until they are used, in days."""
    return np.asarray(-2.0 * np.log(1 - rng.random(n) * (1 - np.exp(-WEEK / 2.0))), np.float64)


def responding(pilot: People, seen: Seen, people: People, budget: int) -> Told:
    """Return the policy that gives one offer to who is likely to buy with it: the one that would earn most."""
    gain, cost = people.expected()
    best, most = None, -np.inf
    for k in range(len(DEPTHS)):
        own = seen.offer == k
        chance = Mean.fit(pilot.x[own], (seen.margin[own] > 0) * 1.0, np.ones(own.sum()), TreesConfig(trees=100), 0)
        likely = chance.mean(people.x)
        order = np.argsort(-likely, kind="stable")
        brought = float(gain[order, k][np.cumsum(whole(cost)[order, k]) <= budget].sum())
        if brought > most:
            trial = Trial(own, seen.margin, np.full(len(own), 0.25))
            costs = whole(np.repeat(Costs.fit(pilot.x, trial, seen.cost).mean(people.x)[:, None], 3, axis=1))
            told = np.full(costs.shape, -np.inf)
            told[:, k] = likely * costs[:, k]  # so that the price is one of the chance to buy
            best, most = Told(told, costs), brought
    if best is None:
        raise ValueError("There is no offer.")
    return best


@dataclass(frozen=True)
class Drawn:
    """What chance decides of each person."""

    explores: NDArray[np.bool_]
    decided: NDArray[np.bool_]
    """By the policy."""
    offer: Whole
    """Of who explores; -1 for none."""

    @classmethod
    def of(cls, n: int, seed: int) -> "Drawn":
        """Draw as the package does."""
        lottery = Lottery(b"season" * 4, f"season {seed}", 0.05)
        arm = np.array([lottery.arm_of(str(person)) for person in range(n)])
        offer = [lottery.explored(str(person), OFFERS) for person in range(n)]
        return cls(arm == "explore", arm == "policy", np.array([OFFERS.index(name) if name else -1 for name in offer]))


class Ledger:
    """Coupons that were given, and what becomes of them."""

    def __init__(self, people: People, delays: Delays) -> None:
        n, rng = len(people.x), np.random.default_rng(len(people.x))
        self.people, self.delays = people, delays
        self.luck, self.waits = rng.random(n), waited(n, rng)
        self.offer, self.expected = np.full(n, -1), np.zeros(n)
        self.taken, self.used_at = np.zeros(n), np.full(n, np.inf)

    def give(self, rows: Whole, offer: Whole, expected: Whole) -> None:
        """Give people offers, -1 for none, with what each is expected to cost."""
        self.offer[rows] = offer
        given, k = rows[offer >= 0], offer[offer >= 0]
        self.expected[given] = expected[offer >= 0, k]
        bought = self.luck[given] < self.people.with_offer[given, k]
        self.taken[given] = bought * np.rint(self.people.basket[given] * DEPTHS[k] * UNIT)
        self.used_at[given[bought]] = self.people.day[given[bought]] + self.waits[given[bought]]

    def spent(self, now: float, since: float = -np.inf, whose: NDArray[np.bool_] | None = None) -> float:
        """Return what coupons took off until now."""
        used = (self.used_at <= now) & (self.used_at > since)
        return float(self.taken[used if whose is None else used & whose].sum())

    def foretold(self, now: float, since: float, whose: NDArray[np.bool_]) -> float:
        """Return what coupons were expected to take off in a time."""
        rows = np.flatnonzero((self.expected > 0) & whose & (self.people.day > since - WEEK))
        ages = self.people.day[rows]
        came = self.delays.share(now - ages) - self.delays.share(since - ages)
        return float(self.expected[rows] @ came)

    def out(self, now: float) -> float:
        """Return what coupons are still expected to take off."""
        rows = np.flatnonzero((self.expected > 0) & (self.people.day > now - WEEK))
        return float(self.expected[rows] @ (1 - self.delays.share(now - self.people.day[rows])))


@dataclass(frozen=True)
class Outcome:
    """What came of a season."""

    gain: float
    spent: float
    spent_by_tick: list[float]

    def off(self, budget: int) -> float:
        """Return how far from an even pace it was at most, after the first fifth of the time."""
        n = len(self.spent_by_tick)
        return float(np.abs(np.array(self.spent_by_tick) / budget - np.arange(n) / n)[n // 5 :].max())


def run(people: People, drawn: Drawn, told: Told, budget: int, delays: Delays, settings: Settings) -> Outcome:
    """Let people come, and give them what chance and the price say."""
    a_day, ticks_a_day = settings["people_a_day"], settings["ticks_a_day"]
    ticks, first, spent = settings["days"] * ticks_a_day, 0, list[float]()
    ledger, pacer = Ledger(people, delays), Pacer.start(Prices(np.zeros(3)), Limits(money=budget))
    for tick in range(ticks):
        now, before, left = tick / ticks_a_day, (tick - 1) / ticks_a_day, (ticks - tick) / ticks_a_day
        came = ledger.spent(now, before, drawn.decided)
        pacer = pacer.heard(ledger.foretold(now, before, drawn.decided), came)
        spent.append(ledger.spent(now))
        # The people of the last day, or of as long as is left; before anybody came, the first.
        sample = np.arange(max(0, first - int(min(1.0, left) * a_day)), first) if first else np.arange(a_day)
        explored = float(ledger.expected[sample][drawn.explores[sample]].sum())
        asked = sample[drawn.decided[sample]]
        ahead = min(1.0, len(sample) / (left * a_day))
        books = Books(spent=int(spent[-1]), out=ledger.out(now))
        pacer = pacer.moved(books, ahead, told.gain[asked], told.cost[asked], explored)
        rows = np.arange(first, int(np.searchsorted(people.day, now + 1 / ticks_a_day)))
        chosen, first = np.empty(len(rows), np.int32), first + len(rows)
        task = Task(told.gain[rows], told.cost[rows], np.zeros(3, np.int64), np.array([budget]), budget, 0.0)
        chosen_at(task, pacer.prices.of_offer, chosen)
        given = np.where(drawn.decided[rows], chosen, np.where(drawn.explores[rows], drawn.offer[rows], -1))
        ledger.give(rows, given, told.cost[rows])
    gain, given = people.expected()[0], np.flatnonzero(ledger.offer >= 0)
    return Outcome(float(gain[given, ledger.offer[given]].sum()), float(ledger.taken.sum()), spent)


if __name__ == "__main__":
    main()

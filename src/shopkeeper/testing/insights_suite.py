"""What the insights service must do, whether it is called in this process or over HTTP.

Subclass with pytest fixtures for the events, the catalogue and the insights of one empty shop in the time zone UTC,
whose clock stands at `NOW`.
"""

from datetime import date, timedelta

import pytest

from shopkeeper.data.origin import Origin
from shopkeeper.services.catalog.contract import Catalog, ProductModel, Products
from shopkeeper.services.events.contract import EventBatch, EventIn, EventKind, Events
from shopkeeper.services.insights.contract import (
    EarnedRequest,
    FunnelRequest,
    Insights,
    OfDays,
    PathsRequest,
    PerformanceRequest,
    RetentionRequest,
    RulesRequest,
    SearchesRequest,
)
from shopkeeper.testing.contract_suite import NOW


async def did(
    events: Events, kind: EventKind, people: range, *, hours: float = 0, item: str = "lamp", shown_by: str | None = None
) -> None:
    """Have people do the same, some hours before now; `shown_by` is the id of an answer."""
    at = NOW - timedelta(hours=hours)
    price = {"price_minor": 500, "currency": "EUR"} if kind == "purchase" else {}
    about = {"type": kind, "at": at, "item_id": item, "recommendation_id": shown_by} | price
    told = [EventIn.model_validate(about | {"visitor_id": f"p{n}"}) for n in people]
    await events.record(EventBatch(events=told))


class InsightsSuite:
    """For implementations of `Insights`."""

    async def test_a_funnel_tells_tens_of_people(self, events: Events, insights: Insights) -> None:
        """Of 34, 14 and 9: the last are not told of, and nothing that follows from their number is."""
        await did(events, "view", range(34), hours=2)
        await did(events, "cart", range(14), hours=1)
        await did(events, "purchase", range(9))
        (group,) = (await insights.funnel(FunnelRequest(steps=["view", "cart", "purchase"]))).groups
        told = [(step.type, step.people, step.of_first, step.of_previous) for step in group.steps]
        assert told == [("view", 30, 1.0, 1.0), ("cart", 10, 0.3333, 0.3333), ("purchase", None, None, None)]
        assert (group.name, group.median_hours) == (None, None)

    async def test_the_median_time_is_that_of_ten_people_or_more(self, events: Events, insights: Insights) -> None:
        """At their quickest, and only within the window."""
        await did(events, "view", range(20), hours=30)
        await did(events, "view", range(12), hours=3)
        await did(events, "purchase", range(20), hours=1)
        whole, day = [
            (await insights.funnel(FunnelRequest(steps=["view", "purchase"], within_hours=hours))).groups[0]
            for hours in (30, 24)
        ]
        assert (whole.steps[1].people, whole.median_hours) == (20, 2.0)
        assert (day.steps[1].people, day.median_hours) == (10, 2.0)

    async def test_a_funnel_for_each_brand(self, events: Events, catalog: Catalog, insights: Insights) -> None:
        """With the most people first; a brand of fewer than ten is not told of."""
        brands = {"lamp": "Lux", "cup": "Clay", "rare": "One"}
        models = [ProductModel(item_id=id_, title=id_, brand=brand) for id_, brand in brands.items()]
        await catalog.put(Products(products=models))
        for item, n in (("lamp", 12), ("cup", 25), ("rare", 9)):
            await did(events, "view", range(n), item=item, hours=1)
        await did(events, "purchase", range(12), item="lamp")
        answer = await insights.funnel(FunnelRequest(steps=["view", "purchase"], by="brand"))
        told = [(group.name, [step.people for step in group.steps]) for group in answer.groups]
        assert told == [("Clay", [30, None]), ("Lux", [10, 10])]

    async def test_late_events_count_in_their_day(self, events: Events, insights: Insights) -> None:
        """What is asked again is counted again; what is sent again is not."""
        day = (NOW - timedelta(hours=24)).date()
        request = FunnelRequest(steps=["view", "purchase"], since=day, until=day)
        await did(events, "view", range(10), hours=24)
        before = (await insights.funnel(request)).groups[0].steps[0].people
        await did(events, "view", range(20), hours=25)
        await did(events, "view", range(20), hours=25)
        assert (before, (await insights.funnel(request)).groups[0].steps[0].people) == (10, 20)

    async def test_retention_tells_who_came_again(self, events: Events, insights: Insights) -> None:
        """For as many periods as there have been."""
        await did(events, "view", range(40), hours=48)
        await did(events, "view", range(30), hours=24)
        await did(events, "view", range(25, 60))
        answer = await insights.retention(RetentionRequest(every="day"))
        told = [(one.start, one.people, one.returned, one.share) for one in answer.cohorts]
        first = NOW.date() - timedelta(2)
        assert told == [(first, 40, [30, 20], [0.75, 0.5]), (NOW.date(), 20, [], [])]

    async def test_rfm_names_segments(self, events: Events, insights: Insights) -> None:
        """Who bought lately, often and much is best; 25 squares and all segments add up to everybody."""
        await did(events, "purchase", range(40), hours=24 * 100)
        for turn in range(3):
            await did(events, "purchase", range(40, 50), hours=turn * 24)
        answer = await insights.rfm(OfDays())
        people = {one.name: (one.people, one.orders, one.money_minor) for one in answer.segments if one.people}
        assert (answer.people, answer.currency, len(answer.squares)) == (50, "EUR", 25)
        assert people == {"champions": (10, 30, 15_000), "hibernating": (40, 40, 20_000)}

    async def test_rules_are_beyond_chance(self, events: Events, catalog: Catalog, insights: Insights) -> None:
        """A pair that is bought together is found in both directions; one that lies in all baskets is not."""
        await catalog.put(Products(products=[ProductModel(item_id="lamp", title="A lamp")]))
        for item, people in (("lamp", range(20)), ("bulb", range(20)), ("bag", range(100)), ("cup", range(20, 60))):
            await did(events, "purchase", people, item=item)
        answer = await insights.rules(RulesRequest())
        told = [(one.title, one.then_item_id, one.baskets, one.confidence, one.lift) for one in answer.rules]
        assert told == [("bulb", "lamp", 20, 1.0, 5.0), ("A lamp", "bulb", 20, 1.0, 5.0)]
        assert (answer.baskets, answer.tested, answer.rules[0].support) == (100, 6, 0.2)
        (one,) = (await insights.rules(RulesRequest(item_id="lamp"))).rules
        assert one.then_item_id == "bulb"

    async def test_lists_earn_what_was_clicked_in_them(self, events: Events, insights: Insights) -> None:
        """By the version of the model that an answer's id names; each purchase once, the last click before it."""
        old, new, mail = (Origin("home", "als", "1"), Origin("home", "als", "2"), Origin("mail", "svd", "1"))
        for origin, people, hours in ((old, range(60), 30), (new, range(40), 5), (mail, range(60), 4)):
            await did(events, "impression", people, hours=hours, shown_by=origin.named("0" * 16))
        await did(events, "click", range(30), hours=25, shown_by=old.named("1" * 16))
        await did(events, "click", range(20), hours=3, shown_by=new.named("1" * 16))
        await did(events, "cart", range(20), hours=2)
        await did(events, "purchase", range(40))
        await did(events, "purchase", range(60, 72), shown_by=mail.named("1" * 16))
        answer = await insights.earned(EarnedRequest())
        told = {
            (one.scenario, one.model_version, one.impressions, one.clicks, one.click_share): (
                (one.after_click.carts, one.after_click.purchases, one.after_click.money_minor),
                one.after_impression.purchases,
            )
            for one in answer.groups
        }
        assert told == {
            ("home", "2", 40, 20, 0.5): ((20, 20, 10_000), None),
            # Bought by ten who clicked on the old one a day and an hour before: so it is due to what showed it last.
            ("mail", "1", 60, None, None): ((None, 10, 5_000), 20),
            ("home", "1", 60, 30, 0.5): ((None, None, None), None),
        }
        all_ = answer.all
        # 2.7 for each of 60, 1.7 of each of 30.
        assert (all_.people, all_.impressions, all_.clicks, all_.after_click.buyers) == (60, 162, 51, 30)
        longer = (await insights.earned(EarnedRequest(within_hours=48, by=["scenario"]))).groups
        assert [(one.scenario, one.model, one.after_click.purchases) for one in longer] == [
            ("home", None, 30),
            ("mail", None, 10),
        ]

    async def test_products_do_as_they_are_viewed_and_bought(
        self, events: Events, catalog: Catalog, insights: Insights
    ) -> None:
        """Sorted, paged, and against as many days before; what fewer than ten did is not told."""
        models = [ProductModel(item_id=id_, title=id_.title(), brand="Lux") for id_ in ("lamp", "bulb")]
        await catalog.put(Products(products=models))
        for day, n in ((1, 20), (0, 30)):
            await did(events, "view", range(n), item="lamp", hours=24 * day + 1)
            await did(events, "purchase", range(n // 2), item="lamp", hours=24 * day)
        await did(events, "view", range(50), item="bulb", hours=2)
        await did(events, "purchase", range(9), item="bulb")
        await did(events, "view", range(9), item="rare")
        today = {"since": NOW.date(), "until": NOW.date()}
        answer = await insights.performance(PerformanceRequest.model_validate(today))
        told = [(row.title, row.viewers, row.buyers, row.conversion, row.money_minor) for row in answer.rows]
        assert told == [("Lamp", 30, 20, 0.6667, 10_000), ("Bulb", 50, None, None, None)]
        changes = [(row.viewers_change, row.buyers_change, row.money_change) for row in answer.rows]
        assert changes == [(0.5, 1.0, 1.0), (None, None, None)]
        yesterday = NOW.date() - timedelta(1)
        assert (answer.total, answer.currency, answer.before_since, answer.before_until) == (
            2,
            "EUR",
            yesterday,
            yesterday,
        )
        second = await insights.performance(PerformanceRequest(sort="viewers", ascending=True, n=1, offset=1))
        assert [(row.name, row.views) for row in second.rows] == [("bulb", 50)]
        (brand,) = (await insights.performance(PerformanceRequest(by="brand"))).rows
        assert (brand.name, brand.viewers, brand.views, brand.buyers, brand.viewers_change) == (
            "Lux",
            50,
            100,
            20,
            None,
        )

    async def test_paths_are_the_first_steps_of_visits(
        self, events: Events, catalog: Catalog, insights: Insights
    ) -> None:
        """Half an hour of silence begins another; the same again is one step; ways of fewer than ten are not told."""
        await catalog.put(
            Products(products=[ProductModel(item_id="lamp", title="A lamp", categories=["Light > Floor"])])
        )
        for minutes in (100, 90):
            await did(events, "view", range(30), hours=minutes / 60)
        await did(events, "cart", range(20), hours=80 / 60)
        await did(events, "purchase", range(9), hours=70 / 60)
        await did(events, "purchase", range(15), hours=10 / 60)
        answer = await insights.paths(PathsRequest(steps=2))
        assert (answer.visits, answer.people) == (50, 30)
        told = [(one.steps, one.ended, one.visits, one.share, one.people_share) for one in answer.paths]
        assert told == [
            (["purchase"], True, 20, 0.4, 0.6667),
            (["view", "cart"], False, 20, 0.4, 0.6667),
            (["view"], True, 10, 0.2, 0.3333),
        ]
        longer = await insights.paths(PathsRequest(steps=3, types=["view", "cart"], by="category", n=1))
        assert [one.steps for one in longer.paths] == [["view Light", "cart Light"]]
        assert [one.steps for one in longer.beginnings] == [
            ["view Light"],
            ["view Light", "cart Light"],
            ["view Light", "cart Light"],
            ["view Light"],
        ]

    async def test_searches_tell_what_led_nowhere(self, events: Events, insights: Insights) -> None:
        """Words of ten people or more, in lower case; who looked at a product before the next search was led."""

        async def searched(words: str, people: range, minutes: int, n_results: int | None) -> None:
            about = {"type": "search", "query": words, "n_results": n_results, "at": NOW - timedelta(minutes=minutes)}
            told = [EventIn.model_validate(about | {"visitor_id": f"p{n}"}) for n in people]
            await events.record(EventBatch(events=told))

        await searched(" Lamp", range(20), 50, 3)
        await searched("lamp", range(20), 40, None)
        await did(events, "view", range(15), hours=0.5)
        await searched("LAPM", range(30), 5, 0)
        await searched("my own name", range(9), 4, 0)
        answer = await insights.searches(SearchesRequest(sort="found_nothing"))
        told = [
            (one.query, one.people, one.searches, one.led_nowhere_share, one.found_nothing_share)
            for one in answer.queries
        ]
        # All first searches of 20 lead nowhere, and the second ones of 5: 1.25 of each, told as 1.2.
        assert told == [("lapm", 30, 30, 1.0, 1.0), ("lamp", 20, 40, 0.6, None)]
        assert (answer.total, answer.all.query, answer.all.people) == (2, None, 30)
        (second,) = (await insights.searches(SearchesRequest(n=1, offset=1))).queries
        assert second.query == "lapm"

    async def test_lists_that_narrow_people_are_noticed(
        self, events: Events, catalog: Catalog, insights: Insights
    ) -> None:
        """Who finds four kinds alone and is led to one is narrowed; who is led to four is not."""
        kinds = [ProductModel(item_id=f"k{n}", title="x", categories=[f"Kind {n}"]) for n in range(4)]
        await catalog.put(Products(products=kinds))
        for hour in range(8):
            await did(events, "view", range(40), hours=hour, item=f"k{hour % 4}")
            await did(events, "click", range(20), hours=hour, item="k0")
            await did(events, "click", range(20, 40), hours=hour, item=f"k{hour % 4}")
        told = await insights.echo(OfDays())
        assert (told.people, told.judged, told.narrowed, told.narrowed_share, told.led_share) == (40, 40, 20, 0.5, 0.5)
        assert (told.entropy_alone, told.entropy_led, told.unseen_share) == (1.4, 0.69, None)
        later = await insights.echo(OfDays(since=date(2025, 1, 1)))
        assert (later.people, later.judged, later.narrowed, later.entropy_led) == (None, None, None, None)

    async def test_an_empty_shop_has_nothing_to_tell(self, insights: Insights) -> None:
        """And says so without a number."""
        about = await insights.about()
        (group,) = (await insights.funnel(FunnelRequest(steps=["view", "purchase"]))).groups
        rfm, rules = await insights.rfm(OfDays()), await insights.rules(RulesRequest())
        assert (about.time_zone, about.events, [step.people for step in group.steps]) == ("UTC", None, [None, None])
        assert (await insights.retention(RetentionRequest())).cohorts == []
        assert (rfm.people, rfm.currency, {one.people for one in rfm.segments}) == (None, None, {None})
        assert (rules.baskets, rules.rules) == (None, [])
        earned = await insights.earned(EarnedRequest())
        assert (earned.currency, earned.all.impressions, earned.groups) == (None, None, [])
        paths, searches = await insights.paths(PathsRequest()), await insights.searches(SearchesRequest())
        assert (paths.visits, paths.people, paths.paths, paths.beginnings) == (None, None, [], [])
        assert (searches.all.searches, searches.total, searches.queries) == (None, 0, [])
        performance = await insights.performance(PerformanceRequest(since=date(1, 1, 2), until=date(9999, 12, 31)))
        assert (performance.total, performance.rows, performance.before_since) == (0, [], None)

    async def test_every_option_is_heard(self, events: Events, insights: Insights) -> None:
        """Strict steps, days, types, lift and the number of rules."""
        await did(events, "view", range(20), hours=3)
        await did(events, "search", range(10), hours=2)
        await did(events, "purchase", range(20), hours=1)
        strict = await insights.funnel(FunnelRequest(steps=["view", "purchase"], strict=True))
        later = await insights.funnel(FunnelRequest(steps=["view", "purchase"], since=date(2025, 1, 1)))
        bought = await insights.retention(RetentionRequest(every="month", types=["purchase", "refund"], periods=2))
        none = await insights.rules(RulesRequest(min_lift=1000, n=1, max_q=0.5, min_support=0))
        assert [group.steps[1].people for group in (*strict.groups, *later.groups)] == [10, None]
        assert [(one.start, one.people) for one in bought.cohorts] == [(date(2024, 5, 1), 20)]
        assert none.rules == []

    async def test_days_run_forwards(self) -> None:
        """And a step is taken once."""
        with pytest.raises(ValueError, match="is after until"):
            OfDays(since=date(2024, 1, 2), until=date(2024, 1, 1))
        with pytest.raises(ValueError, match="each can be taken once"):
            FunnelRequest(steps=["view", "view"])

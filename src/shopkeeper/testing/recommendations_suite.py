"""What every implementation of `Recommendations` must do; see `contract_suite` for the shop it is asked in.

Its segment `buyers` is `purchases > 0`.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta

import pytest
from pydantic import ValidationError

from shopkeeper.kit.errors import InvalidInput, NotFound
from shopkeeper.ranking.rules import Rule
from shopkeeper.services.catalog.contract import Catalog, ProductChange, ProductModel, Products
from shopkeeper.services.events.contract import EventIn, Events
from shopkeeper.services.recommendations.contract import (
    RecentEvent,
    Recommendation,
    Recommendations,
    RecommendRequest,
    RecommendRequests,
)
from shopkeeper.testing.contract_suite import NOW, batch


def ids(answer: Recommendation) -> list[str]:
    """Return the products of an answer."""
    return [item.item_id for item in answer.items]


def rule(action: str, filter_: str, **more: object) -> Rule:
    """Return a rule as JSON would say it."""
    return Rule.model_validate({"action": action, "filter": filter_, **more})


class RecommendationsSuite:
    """For implementations of `Recommendations`."""

    async def test_a_stranger_gets_what_is_popular(self, recommendations: Recommendations) -> None:
        """Never an error."""
        answer = await recommendations.recommend(RecommendRequest(user_id="nobody", n=5))
        assert (answer.reason, len(answer.items)) == ("popular", 5)
        assert {item.reason for item in answer.items} == {"popular"}

    async def test_strangers_share_a_list_and_nothing_else(self, recommendations: Recommendations) -> None:
        """Each answer has a name of its own, and its next page is that of who asked."""
        answers = [await recommendations.recommend(RecommendRequest(user_id=who, n=2)) for who in ("s1", "s2", "s1")]
        assert answers[0].items == answers[1].items == answers[2].items
        assert len({answer.recommendation_id for answer in answers}) == 3
        assert answers[0].next == answers[2].next != answers[1].next

    async def test_a_strangers_list_changes_with_the_rules(self, recommendations: Recommendations) -> None:
        """With the next answer, and back again."""
        request = RecommendRequest(user_id="nobody", n=5)
        before = ids(await recommendations.recommend(request))
        await recommendations.put_rule("strangers", rule("exclude", f"item_id == '{before[0]}'"))
        assert before[0] not in ids(await recommendations.recommend(request))
        await recommendations.remove_rule("strangers")
        assert ids(await recommendations.recommend(request)) == before

    @pytest.mark.parametrize("asked", [{"user_id": "nobody"}, {"recent": ["i1"], "return_fields": ["brand"]}])
    async def test_as_json_it_is_the_same_answer(
        self, recommendations: Recommendations, asked: Mapping[str, object]
    ) -> None:
        """But for its name, and how long it took."""
        request, own = RecommendRequest.model_validate({"n": 3, **asked}), {"recommendation_id", "took_ms"}
        told = Recommendation.model_validate_json(await recommendations.recommend_json(request))
        assert len(told.items) == 3
        assert told.model_dump(exclude=own) == (await recommendations.recommend(request)).model_dump(exclude=own)

    async def test_an_event_posted_now_changes_the_answer(
        self, recommendations: Recommendations, events: Events
    ) -> None:
        """Without any refit."""
        views = [EventIn(type="view", visitor_id="v", item_id=item) for item in ("i1", "i3")]
        await events.record(batch(*views))
        answer = await recommendations.recommend(RecommendRequest(user_id="v", n=5))
        assert answer.reason == "personal"
        assert all(int(item.item_id[1:]) % 2 == 1 for item in answer.items)
        assert not {"i1", "i3"} & {item.item_id for item in answer.items}

    async def test_what_was_seen_comes_when_asked_for(self, recommendations: Recommendations, events: Events) -> None:
        """With exclude_seen=False."""
        await events.record(batch(EventIn(type="view", visitor_id="w", item_id="i1")))
        request = RecommendRequest(user_id="w", n=10, exclude_seen=False)
        assert "i1" in {item.item_id for item in (await recommendations.recommend(request)).items}

    async def test_what_cannot_be_bought_is_not_shown(self, recommendations: Recommendations) -> None:
        """Nor does the list get shorter for it."""
        answer = await recommendations.recommend(RecommendRequest(user_id="nobody", n=10))
        assert len(answer.items) == 10
        assert "i6" not in {item.item_id for item in answer.items}

    async def test_what_is_sold_out_comes_back_with_its_stock(
        self, recommendations: Recommendations, catalog: Catalog
    ) -> None:
        """So does what is outside its window; a change counts with the next answer."""
        asked = RecommendRequest(user_id="nobody", n=20)
        late = ProductModel(item_id="i4", title="Late", available_from=NOW + timedelta(minutes=1))
        await catalog.put(Products(products=[ProductModel(item_id="i2", title="Lamp", stock=0), late]))
        before = set(ids(await recommendations.recommend(asked)))
        await catalog.update("i2", ProductChange(stock=1))
        await catalog.update("i4", ProductChange(available_from=NOW))
        after = set(ids(await recommendations.recommend(asked)))
        assert (before & {"i2", "i4"}, after - before) == (set(), {"i2", "i4"})

    async def test_what_is_removed_is_not_shown(self, recommendations: Recommendations, catalog: Catalog) -> None:
        """Though models go on knowing it."""
        await recommendations.recommend(RecommendRequest())
        await catalog.remove("i2")
        assert "i2" not in ids(await recommendations.recommend(RecommendRequest(n=20)))

    async def test_every_product_has_a_title_and_a_sentence(self, recommendations: Recommendations) -> None:
        """The id stands in for a title nobody gave."""
        answer = await recommendations.recommend(RecommendRequest(user_id="nobody"))
        assert all(item.title and item.text for item in answer.items)

    async def test_the_model_can_be_chosen(self, recommendations: Recommendations) -> None:
        """Among the fitted ones."""
        request = RecommendRequest(user_id="nobody", model="popularity")
        assert (await recommendations.recommend(request)).model == "popularity"

    async def test_a_model_that_was_not_fitted_is_not_found(self, recommendations: Recommendations) -> None:
        """The text says what to do."""
        with pytest.raises(NotFound, match="shopkeeper fit --model svd"):
            await recommendations.recommend(RecommendRequest(user_id="nobody", model="svd"))

    async def test_an_unknown_model_brings_the_near_ones(self, recommendations: Recommendations) -> None:
        """A slip of the pen."""
        with pytest.raises((NotFound, InvalidInput), match="did you mean user_knn"):
            await recommendations.recommend(RecommendRequest(user_id="nobody", model="user_nn"))

    async def test_one_click_is_enough_for_a_useful_list(
        self, recommendations: Recommendations, events: Events
    ) -> None:
        """Somebody seen for the first time: the click changes the next answer, and what leads it is of its kind."""
        request = RecommendRequest(visitor_id="first", n=3)
        before = await recommendations.recommend(request)
        await events.record(batch(EventIn(type="view", visitor_id="first", item_id="i3")))
        after = await recommendations.recommend(request)
        assert (before.reason, after.reason) == ("popular", "personal")
        assert [int(item[1:]) % 2 for item in ids(after)] == [1, 1, 1]

    async def test_a_session_without_identity_works(self, recommendations: Recommendations) -> None:
        """What was just done comes with the request, and is not stored."""
        recent: Sequence[str | RecentEvent] = ["i3", RecentEvent(item_id="i5", type="cart")]
        answer = await recommendations.recommend(RecommendRequest(recent=list(recent), n=3))
        assert answer.reason == "personal"
        assert not {"i3", "i5"} & set(ids(answer))

    async def test_only_what_the_filter_holds_for_is_listed(self, recommendations: Recommendations) -> None:
        """All of it, where there is enough room."""
        answer = await recommendations.recommend(RecommendRequest(filter='price < 4 and brand == "Odd"'))
        assert sorted(ids(answer)) == ["i1", "i3"]
        assert "2 products" in (answer.detail or "")

    async def test_a_filter_that_matches_nothing_gives_nothing_and_says_so(
        self, recommendations: Recommendations
    ) -> None:
        """An empty list is an answer."""
        answer = await recommendations.recommend(RecommendRequest(filter="price > 1000"))
        assert (answer.reason, answer.items, answer.next) == ("empty", [], None)
        assert "No product matches the filter" in (answer.detail or "")

    async def test_a_filter_that_leaves_too_few_is_topped_up_when_asked_for(
        self, recommendations: Recommendations
    ) -> None:
        """What fills up is marked, and comes last."""
        answer = await recommendations.recommend(RecommendRequest(filter="price < 2", n=5, strict_filtering=False))
        assert [item.matches_filter for item in answer.items] == [True, True, False, False, False]
        assert sorted(ids(answer)[:2]) == ["i0", "i1"]

    async def test_a_boost_lifts_what_it_names(self, recommendations: Recommendations) -> None:
        """By a factor, however far down it was."""
        plain = await recommendations.recommend(RecommendRequest(n=19, diversity=0))
        last = ids(plain)[-1]
        boost = f'5 if item_id == "{last}" else 1'
        assert ids(await recommendations.recommend(RecommendRequest(n=3, diversity=0, boost=boost)))[0] == last

    async def test_excluded_products_do_not_come(self, recommendations: Recommendations) -> None:
        """Unknown ones are no error."""
        answer = await recommendations.recommend(RecommendRequest(exclude=["i0", "i1", "unknown"], n=20))
        assert (len(answer.items), {"i0", "i1"} & set(ids(answer))) == (17, set())

    async def test_a_list_can_be_put_in_order(self, recommendations: Recommendations) -> None:
        """All of it that can be bought, the person's kind first."""
        request = RecommendRequest(rank=["i2", "i4", "i9", "i6", "unknown"], recent=["i1", "i3"], diversity=0)
        answer = await recommendations.recommend(request)
        assert (ids(answer)[0], set(ids(answer))) == ("i9", {"i2", "i4", "i9"})

    async def test_a_search_is_put_in_order(self, recommendations: Recommendations) -> None:
        """Only what the catalogue finds."""
        request = RecommendRequest(scenario="search", query="toy 1", recent=["i3"])
        answer = await recommendations.recommend(request)
        assert set(ids(answer)) == {"i1", *(f"i{number}" for number in range(10, 19))}
        assert int(ids(answer)[0][1:]) % 2 == 1

    async def test_what_goes_with_a_product_is_listed_on_its_page(self, recommendations: Recommendations) -> None:
        """Not the product itself; the same for whoever looks at it."""
        answer = await recommendations.recommend(RecommendRequest(scenario="product", item_id="i4", n=5))
        assert all(int(item[1:]) % 2 == 0 and item != "i4" for item in ids(answer))

    async def test_what_goes_with_a_cart_is_listed(self, recommendations: Recommendations) -> None:
        """Nothing that is in it."""
        answer = await recommendations.recommend(
            RecommendRequest(scenario="cart", items=["i1", "i3"], n=5, diversity=0)
        )
        assert all(int(item[1:]) % 2 == 1 and item not in ("i1", "i3") for item in ids(answer))

    async def test_a_diverse_list_has_more_kinds(self, recommendations: Recommendations) -> None:
        """Of brands and categories."""
        only = RecommendRequest(recent=["i1"], filter='brand == "Odd"', n=4)
        kinds = {}
        for diversity in (0.0, 1.0):
            answer = await recommendations.recommend(only.model_copy(update={"diversity": diversity}))
            kinds[diversity] = len({int(item[1:]) < 10 for item in ids(answer)[:2]})
        assert kinds[1.0] == 2

    async def test_what_was_shown_moves_down(self, recommendations: Recommendations, events: Events) -> None:
        """By the stated factor, for each time of the last day."""
        request = RecommendRequest(visitor_id="shown", n=20, rotation=1, fatigue=0, diversity=0)
        first = ids(await recommendations.recommend(request))[0]
        await events.record(batch(EventIn(type="impression", visitor_id="shown", item_id=first)))
        assert first not in ids(await recommendations.recommend(request))
        half = request.model_copy(update={"rotation": 0.5})
        assert first in ids(await recommendations.recommend(half))[1:]
        long_ago = NOW - timedelta(days=2)
        await events.record(batch(EventIn(type="impression", visitor_id="then", item_id=first, at=long_ago)))
        then = request.model_copy(update={"visitor_id": "then"})
        assert ids(await recommendations.recommend(then))[0] == first

    async def test_what_was_shown_in_vain_tires(self, recommendations: Recommendations, events: Events) -> None:
        """For weeks, until the person turns to it."""
        request = RecommendRequest(visitor_id="tired", n=20, fatigue=0.9, diversity=0, exclude_seen=False)
        first = ids(await recommendations.recommend(request))[0]
        shown = EventIn(type="impression", visitor_id="tired", item_id=first, at=NOW - timedelta(days=2))
        await events.record(batch(shown))
        assert ids(await recommendations.recommend(request))[0] != first
        assert ids(await recommendations.recommend(request.model_copy(update={"fatigue": 0.0})))[0] == first
        await events.record(batch(EventIn(type="click", visitor_id="tired", item_id=first)))
        assert ids(await recommendations.recommend(request))[0] == first

    async def test_some_places_find_out_once_anything_was_shown(
        self, recommendations: Recommendations, events: Events
    ) -> None:
        """To who did something, unless asked not to; nothing else differs from the list without."""
        await events.record(batch(EventIn(type="impression", visitor_id="somebody", item_id="i0")))
        request = RecommendRequest(recent=["i1"], n=10, exploration=0.5)
        for _ in range(100):
            answer = await recommendations.recommend(request)
            if explored := [item for item in answer.items if item.reason == "explored"]:
                break
            await asyncio.sleep(0.01)
        plain = await recommendations.recommend(request.model_copy(update={"exploration": 0.0}))
        others = [item.item_id for item in answer.items if item.reason != "explored"]
        assert (len(explored), {item.position for item in explored}) == (5, {6, 7, 8, 9, 10})
        assert others == ids(plain)[:5]
        stranger = await recommendations.recommend(RecommendRequest(user_id="nobody", n=10, exploration=0.5))
        assert "explored" not in {item.reason for item in [*plain.items, *stranger.items]}

    async def test_a_list_may_keep_the_persons_mix(self, recommendations: Recommendations) -> None:
        """Who looks at a car gets more of them than the model alone would list."""
        asked, cars = RecommendRequest(recent=["i11"] * 16, n=4, diversity=0, exclude_seen=False), {}
        for share in (0.0, 1.0):
            answer = await recommendations.recommend(asked.model_copy(update={"calibration": share}))
            cars[share] = sum(int(item[1:]) >= 10 for item in ids(answer))
        assert (cars[0.0], cars[1.0]) == (1, 3)

    async def test_without_personalization_everybody_gets_the_same(
        self, recommendations: Recommendations, events: Events
    ) -> None:
        """Whatever they did, were shown, or filter by."""
        did = [
            EventIn(type="purchase", visitor_id="p", item_id="i1"),
            EventIn(type="view", visitor_id="p", item_id="i3"),
        ]
        await events.record(batch(*did, EventIn(type="impression", visitor_id="p", item_id="i0")))
        same = RecommendRequest(personalization=0, rotation=1, boost="2 if seen else 1")
        stranger = await recommendations.recommend(same)
        person = await recommendations.recommend(same.model_copy(update={"visitor_id": "p", "recent": ["i5"]}))
        assert person.items == stranger.items
        assert person.reason == stranger.reason == "popular"

    async def test_half_personal_is_between(self, recommendations: Recommendations) -> None:
        """Both the person's and everybody's products lead."""
        request = RecommendRequest(recent=["i1", "i3"], n=6, diversity=0, personalization=0.5)
        kinds = {int(item[1:]) % 2 for item in ids(await recommendations.recommend(request))}
        assert kinds == {0, 1}

    async def test_the_next_page_repeats_nothing(self, recommendations: Recommendations) -> None:
        """Until there is no more; positions go on."""
        answer = await recommendations.recommend(RecommendRequest(recent=["i1"], n=7, filter="price >= 0"))
        seen = ids(answer)
        while answer.next:
            answer = await recommendations.recommend(RecommendRequest(next=answer.next))
            seen += ids(answer)
        assert len(seen) == len(set(seen)) == 17
        assert answer.items[-1].position == 17

    @pytest.mark.parametrize("token", ["x", "AAAA", "eJyLjgUAARUAuQ==", "é"])
    async def test_a_made_up_next_is_refused(self, recommendations: Recommendations, token: str) -> None:
        """In words."""
        with pytest.raises(InvalidInput, match="next is not what an answer gave"):
            await recommendations.recommend(RecommendRequest(next=token))

    async def test_fields_come_when_asked_for(self, recommendations: Recommendations) -> None:
        """Of the catalogue, in its words."""
        fields = ["price", "categories", "brand", "available", "url"]
        request = RecommendRequest(filter='item_id == "i3"', return_fields=fields)
        (item,) = (await recommendations.recommend(request)).items
        expected = {
            "price": 3.0,
            "categories": ["Toys", "Toys > Dolls"],
            "brand": "Odd",
            "available": True,
            "url": None,
        }
        assert item.fields == expected
        with pytest.raises(InvalidInput, match="did you mean price"):
            await recommendations.recommend(RecommendRequest(return_fields=["prise"]))

    async def test_an_unknown_scenario_brings_the_near_ones(self, recommendations: Recommendations) -> None:
        """A slip of the pen."""
        with pytest.raises((NotFound, InvalidInput), match="did you mean home"):
            await recommendations.recommend(RecommendRequest(scenario="hom"))

    async def test_an_expression_that_cannot_be_read_is_refused(self) -> None:
        """Before anything is asked, with its place."""
        with pytest.raises(ValidationError, match=r"character 1: there is no field 'pric'; did you mean price\?"):
            RecommendRequest(filter="pric < 5")

    async def test_a_new_product_can_be_recommended_at_once(
        self, recommendations: Recommendations, catalog: Catalog
    ) -> None:
        """No model knows it: a filter finds it, and so does the scenario of new arrivals; a change of it counts too."""
        await recommendations.recommend(RecommendRequest())
        new = ProductModel(item_id="new", title="New", brand="Fresh", price_minor=5, currency="EUR")
        await catalog.put(Products(products=[new]))
        for request in (RecommendRequest(filter='brand == "Fresh"'), RecommendRequest(scenario="new_arrivals")):
            answer = await recommendations.recommend(request)
            assert [(item.item_id, item.reason, item.source) for item in answer.items] == [("new", "new", "new")]
        await catalog.put(Products(products=[new.model_copy(update={"available": False})]))
        assert (await recommendations.recommend(RecommendRequest(scenario="new_arrivals"))).items == []

    async def test_what_was_looked_at_comes_back_the_last_first(
        self, recommendations: Recommendations, events: Events
    ) -> None:
        """Each once."""
        for hours, item in enumerate(["i3", "i1", "i3", "i5"]):
            at = NOW - timedelta(hours=hours)
            await events.record(batch(EventIn(type="view", visitor_id="looked", item_id=item, at=at)))
        request = RecommendRequest(scenario="recently_viewed", visitor_id="looked")
        assert ids(await recommendations.recommend(request)) == ["i3", "i1", "i5"]

    async def test_what_was_bought_can_be_bought_again_unless_it_came_back(
        self, recommendations: Recommendations, events: Events
    ) -> None:
        """A view is no purchase, and a refund is a no."""
        bought = [
            EventIn(type="purchase", user_id="b", item_id=item, at=NOW - timedelta(days=2)) for item in ("i1", "i2")
        ]
        later = [EventIn(type="view", user_id="b", item_id="i7"), EventIn(type="refund", user_id="b", item_id="i2")]
        await events.record(batch(*bought, *later))
        answer = await recommendations.recommend(RecommendRequest(scenario="buy_again", user_id="b"))
        assert [(item.item_id, item.reason, item.times) for item in answer.items] == [("i1", "again", 1)]

    async def test_what_trends_is_listed(self, recommendations: Recommendations) -> None:
        """With its takers."""
        answer = await recommendations.recommend(RecommendRequest(scenario="trending", n=3))
        assert {item.reason for item in answer.items} == {"trending"}

    async def test_an_answer_says_where_everything_comes_from(self, recommendations: Recommendations) -> None:
        """Scenario, model, version, source, place and time."""
        answer = await recommendations.recommend(RecommendRequest(recent=["i1", "i3"]))
        assert (answer.scenario, answer.model, answer.model_version) == ("home", "user_knn", "user_knn-1")
        assert [item.position for item in answer.items] == list(range(1, 11))
        assert {item.source for item in answer.items} == {"user_knn", "popularity"}
        assert answer.took_ms > 0

    async def test_many_are_answered_as_one_is(self, recommendations: Recommendations, events: Events) -> None:
        """Whatever each asks for."""
        for number in range(6):
            await events.record(batch(EventIn(type="purchase", user_id=f"m{number}", item_id=f"i{number}")))
        people = [RecommendRequest(user_id=f"m{number}", n=12) for number in range(6)]
        others = [
            RecommendRequest(user_id="m1", filter='brand == "Even"'),
            RecommendRequest(recent=["i3"], boost='9 if item_id == "i18" else 1'),
            RecommendRequest(scenario="product", item_id="i4"),
            RecommendRequest(personalization=0.5, user_id="m2"),
            RecommendRequest(personalization=0, user_id="m3"),
        ]
        requests = RecommendRequests(requests=[*people, *others])
        together = (await recommendations.recommend_many(requests)).answers
        alone = [await recommendations.recommend(request) for request in requests.requests]
        told = {"items", "reason", "next", "detail"}
        assert [one.model_dump(include=told) for one in together] == [one.model_dump(include=told) for one in alone]

    async def test_a_product_finds_its_people(self, recommendations: Recommendations, events: Events) -> None:
        """Whoever took its kind; not who bought it, and nobody of whom nothing speaks for it."""
        did = {"likes-odd": ["i1", "i3"], "likes-even": ["i2", "i4"], "has-it": ["i1", "i3", "i5"]}
        for who, items in did.items():
            await events.record(batch(*(EventIn(type="purchase", user_id=who, item_id=item) for item in items)))
        answer = await recommendations.audience("i5", n=10)
        assert [one.shopper_id for one in answer.people] == ["likes-odd"]
        assert (answer.model, answer.model_version) == ("user_knn", "user_knn-1")
        with pytest.raises(NotFound, match="unknown"):
            await recommendations.audience("unknown")

    async def test_scenarios_are_told(self, recommendations: Recommendations) -> None:
        """Those of the package."""
        told = {one.name: one for one in (await recommendations.scenarios()).scenarios}
        assert {"home", "product", "cart", "email", "search"} <= set(told)
        assert (told["trending"].settings.personalization, told["home"].problem) == (0, None)

    async def test_rules_are_kept_by_name(self, recommendations: Recommendations) -> None:
        """Replaced, told, removed."""
        first, second = rule("exclude", 'brand == "Odd"'), rule("pin", 'item_id == "i1"', until="2030-01-01T00:00:00Z")
        await recommendations.put_rule("spring-sale", first)
        await recommendations.put_rule("spring-sale", second)
        assert (await recommendations.rule("spring-sale")).rule == second
        assert [one.name for one in (await recommendations.rules()).rules] == ["spring-sale"]
        await recommendations.remove_rule("spring-sale")
        assert (await recommendations.rules()).rules == []
        for gone in (recommendations.rule, recommendations.remove_rule):
            with pytest.raises(NotFound, match="spring-sale"):
                await gone("spring-sale")

    async def test_a_pinned_product_is_first_and_says_why(self, recommendations: Recommendations) -> None:
        """Never one that cannot be bought."""
        await recommendations.put_rule("star", rule("pin", 'item_id in ["i6", "i18"]'))
        first, *others = (await recommendations.recommend(RecommendRequest(recent=["i1"]))).items
        assert (first.item_id, first.source, first.reason, first.rules) == ("i18", "rule:star", "chosen", ["star"])
        assert "i18" not in {item.item_id for item in others}

    async def test_excluded_boosted_and_buried_by_rules(self, recommendations: Recommendations) -> None:
        """The answer names the rules."""
        await recommendations.put_rule("no-cars", rule("exclude", '"Toys > Cars" in categories'))
        await recommendations.put_rule("push", rule("boost", 'item_id == "i9"', factor=50))
        await recommendations.put_rule("hide", rule("bury", 'item_id in ["i0", "i1"]'))
        answer = await recommendations.recommend(RecommendRequest(n=20))
        assert (ids(answer)[0], set(ids(answer)[-2:])) == ("i9", {"i0", "i1"})
        assert not {f"i{number}" for number in range(10, 19)} & set(ids(answer))
        assert (answer.items[0].rules, answer.items[-1].rules) == (["push"], ["hide"])

    async def test_a_rule_holds_in_its_time_and_its_scenarios(self, recommendations: Recommendations) -> None:
        """Else it is as if it were not there."""
        everything = "price >= 0 or missing(price)"
        then = {"from": (NOW + timedelta(hours=1)).isoformat()}
        await recommendations.put_rule("later", rule("exclude", everything, **then))
        await recommendations.put_rule("over", rule("exclude", everything, until=NOW.isoformat()))
        await recommendations.put_rule("there", rule("exclude", everything, scenarios=["email"]))
        assert len((await recommendations.recommend(RecommendRequest())).items) == 10
        assert (await recommendations.recommend(RecommendRequest(scenario="email"))).items == []

    async def test_a_rule_for_a_segment_is_for_the_people_in_it_alone(
        self, recommendations: Recommendations, events: Events
    ) -> None:
        """Of who is known now: a purchase brings somebody in; a list that shall not know the person does not either."""
        await recommendations.put_rule("thanks", rule("pin", 'item_id == "i18"', segments=["buyers"]))
        bought = EventIn(type="purchase", user_id="buyer", item_id="i1")
        await events.record(batch(bought, EventIn(type="view", user_id="looker", item_id="i1")))
        people: list[dict[str, object]] = [{"user_id": "buyer"}, {"user_id": "looker"}, {}]
        people.append({"user_id": "buyer", "personalization": 0})
        made = await recommendations.recommend_many(
            RecommendRequests(requests=[RecommendRequest.model_validate({"n": 3, **who}) for who in people])
        )
        assert ["i18" in ids(answer)[:1] for answer in made.answers] == [True, False, False, False]
        assert "i18" in ids(await recommendations.recommend(RecommendRequest(user_id="buyer", n=3)))[:1]
        await events.record(batch(EventIn(type="purchase", user_id="looker", item_id="i2")))
        assert ids(await recommendations.recommend(RecommendRequest(user_id="looker", n=3)))[0] == "i18"
        with pytest.raises(InvalidInput, match="did you mean buyers"):
            await recommendations.put_rule("typo", rule("pin", "seen", segments=["buyer"]))

    async def test_a_rule_that_cannot_be_read_is_refused(self) -> None:
        """With the place of the slip."""
        with pytest.raises(ValidationError, match="did you mean brand"):
            rule("pin", 'bran == "x"')
        with pytest.raises(ValidationError, match="until must be after from"):
            rule("pin", "seen", **{"from": NOW.isoformat(), "until": NOW.isoformat()})

"""What people allow is honoured by every service, from the next request on."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from shopkeeper.app.assemble import Services, services_of, web_app
from shopkeeper.app.settings import Settings
from shopkeeper.app.stores import Shop
from shopkeeper.data.consent import Purpose, Standing
from shopkeeper.data.events import NOBODY, EventType
from shopkeeper.kit.errors import Unavailable
from shopkeeper.services.events.contract import EventBatch, EventIn, MergeRequest
from shopkeeper.services.people.contract import (
    ConsentRequest,
    LessRequest,
    PauseRequest,
    People,
    PreferencesModel,
    SwitchRequest,
)
from shopkeeper.services.people.service import PeopleService
from shopkeeper.services.predictions.contract import CheckRequest, PredictRequest
from shopkeeper.services.recommendations.contract import Recommendation, RecommendRequest, RecommendRequests
from shopkeeper.services.recommendations.jobs import training_data
from shopkeeper.testing.contract_suite import NOW
from tests.contracts.conftest import clock, fitted_shop, memory_shop, saved
from tests.contracts.learned import learned
from tests.house import PAGE, VISITOR, House, shown

pytestmark = pytest.mark.anyio
NO, YES = ConsentRequest(granted=False), ConsentRequest(granted=True)
CONTEXTS: list[dict[str, object]] = [{}, {"item_id": "i4"}, {"items": ["i4", "i8"]}, {"query": "toy 1"}]
GPC = {"Sec-GPC": "1"}


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    shop = fitted_shop(tmp_path)
    for name in ("item_knn", "trending", "buy_again"):
        shop.models.save(saved(name, 1))
    return shop


@pytest.fixture
def services(shop: Shop) -> Services:
    return services_of(shop, Settings(catalog_fresh_s=0), clock=clock)


def silent(people: People) -> People:
    class Silent(PeopleService):
        async def standings(self, people: Sequence[Sequence[str]]) -> list[Standing]:
            raise Unavailable("The people service does not answer.")

    assert isinstance(people, PeopleService)
    return Silent(
        people._store, people._terms, people._erasing, people._packing, clock, people._off_loop, people._together
    )


async def view(services: Services, who: str, *items: str, minutes: int = 0, kind: str = "view") -> None:
    at = NOW + timedelta(minutes=minutes)
    events = [EventIn.model_validate({"type": kind, "user_id": who, "item_id": one, "at": at}) for one in items]
    await services.events.record(EventBatch(events=events))


def ids(answer: Recommendation) -> list[str]:
    return [item.item_id for item in answer.items]


def bare(answer: Recommendation, *but: str) -> str:
    """Return all of an answer but what is made anew for each."""
    return answer.model_dump_json(exclude={"recommendation_id", "took_ms", *but})


async def listed(services: Services, who: str, **wish: object) -> Recommendation:
    return await services.recommendations.recommend(RecommendRequest.model_validate({"user_id": who, "n": 5, **wish}))


@pytest.mark.parametrize("context", CONTEXTS)
async def test_who_says_no_gets_what_depends_on_the_context_alone(
    services: Services, context: dict[str, object]
) -> None:
    """In every scenario, whatever they do, and whatever is told of them with the request."""
    await view(services, "u", "i1", "i3")
    await services.people.add_consent("u", ConsentRequest(granted=False, purposes=[Purpose.PERSONAL]))
    told = (await services.recommendations.scenarios()).scenarios
    wishes = [{"scenario": one.name, **context} for one in told]
    before = [bare(await listed(services, "u", **wish)) for wish in wishes]
    strangers = [
        bare(await services.recommendations.recommend(RecommendRequest.model_validate({"n": 5, **wish})))
        for wish in wishes
    ]
    await view(services, "u", "i2", "i5", kind="purchase")
    after = [bare(await listed(services, "u", **wish, recent=["i7"])) for wish in wishes]
    assert before == strangers == after


async def test_a_no_and_a_yes_count_with_the_next_list(services: Services) -> None:
    await view(services, "u", "i1", "i3")
    reasons = [(await listed(services, "u")).reason]
    for answer, minutes in ((NO, 1), (YES, 2)):
        await services.people.add_consent("u", answer.model_copy(update={"at": NOW - timedelta(minutes=9 - minutes)}))
        reasons.append((await listed(services, "u")).reason)
    assert reasons == ["personal", "popular", "personal"]


async def test_another_name_of_the_person_may_not_have_refused_either(services: Services) -> None:
    await view(services, "u", "i1", "i3")
    await services.people.add_consent("web", NO)
    answers = [await listed(services, "u", **wish) for wish in ({}, {"visitor_id": "web"}, {"session_id": "web"})]
    assert [answer.reason for answer in answers] == ["personal", "popular", "popular"]


async def test_where_consent_is_required_nobody_is_known_before_it(services: Services, tmp_path: Path) -> None:
    await view(services, "u", "i1", "i3")
    (tmp_path / "privacy.toml").write_text('consent.personal = "required"')
    assert [(await listed(services, "u", recent=["i1"])).reason, (await listed(services, "")).reason] == ["popular"] * 2
    await services.people.add_consent("u", YES)
    assert (await listed(services, "u")).reason == "personal"


async def test_while_nobody_can_tell_lists_are_those_of_strangers(shop: Shop, services: Services) -> None:
    await view(services, "u", "i1", "i3")
    services.recommendations._people = silent(services.people)  # type: ignore[attr-defined]  # its own
    many = RecommendRequests(requests=[RecommendRequest(user_id="u"), RecommendRequest(n=3)])
    told = await services.recommendations.recommend_many(many)
    assert [(one.reason, len(one.items)) for one in told.answers] == [("popular", 10), ("popular", 3)]


async def test_while_nobody_can_tell_events_are_not_taken(shop: Shop, services: Services) -> None:
    """They are neither lost nor stored against a no: who sent them keeps them."""
    services.events._people = silent(services.people)  # type: ignore[attr-defined]  # its own
    with pytest.raises(Unavailable):
        await view(services, "u", "i1")
    assert shop.events.count() == 0


async def test_what_somebody_does_who_allows_nothing_is_nobodys(shop: Shop, services: Services) -> None:
    """Each event alone: what could join it to another of the same person is not kept, nor the minute."""
    await services.people.add_consent("web", NO)
    about = {"user_id": "u", "visitor_id": "web", "session_id": "s", "order_id": "o", "recommendation_id": "r"}
    event = EventIn.model_validate(
        {"type": "purchase", "item_id": "i1", "at": NOW + timedelta(minutes=7), "event_id": "1", **about}
    )
    search = EventIn(type="search", user_id="u", visitor_id="web", query="me")
    for _ in range(2):
        receipt = await services.events.record(EventBatch(events=[event, search]))
    kept, _ = shop.live.since(0)
    assert (receipt.duplicates, receipt.event_ids[0], len(kept)) == (2, "1", 2)
    for one in kept:
        assert one.visitor_id.startswith(NOBODY)
        assert {one.user_id, one.session_id, one.order_id, one.recommendation_id, one.query} == {None}
        assert (one.at.minute, one.at.second, one.at.microsecond) == (0, 0, 0)
    assert (kept[0].type, kept[0].item_id, kept[0].visitor_id != kept[1].visitor_id) == (EventType.PURCHASE, "i1", True)
    assert "web" not in str(kept)


async def test_who_allows_something_is_known_for_that(shop: Shop, services: Services) -> None:
    refused = [Purpose.PERSONAL, Purpose.COUPONS]
    await services.people.add_consent("u", ConsentRequest(granted=False, purposes=refused))
    await view(services, "u", "i1")
    assert shop.events.count() == len(shop.events.history("u")) == 1


async def test_models_learn_from_those_who_allow_it(shop: Shop, services: Services) -> None:
    """What was done before a reset is not learned from either; each purpose has its own people."""
    for who in ("yes", "no", "new"):
        await view(services, who, "i1", "i2", minutes=-9)
    await services.people.add_consent("no", ConsentRequest(granted=False, purposes=[Purpose.PERSONAL]))
    await services.people.reset("new")
    await view(services, "new", "i3", minutes=1)
    data = training_data(shop.allowing(Purpose.PERSONAL), shop.catalog)
    assert (list(data.users), len(data.histories.at)) == (["new", "yes"], 3)
    assert list(shop.allowing(Purpose.PREDICTION).log().users) == ["new", "no", "yes"]
    assert shop.allowing(Purpose.PERSONAL).count() == 7


async def test_where_consent_is_required_models_learn_from_those_who_gave_it(
    shop: Shop, services: Services, tmp_path: Path
) -> None:
    """And from orders of nobody known."""
    for who in ("yes", "no", "guest:7"):
        await view(services, who, "i1")
    (tmp_path / "privacy.toml").write_text('consent.personal = "required"')
    await services.people.add_consent("yes", YES)
    assert list(shop.allowing(Purpose.PERSONAL).log().users) == ["guest:7", "yes"]


async def test_a_merge_takes_a_visitors_answers_and_wishes_along(services: Services) -> None:
    await services.people.add_consent("web", ConsentRequest(granted=False, purposes=[Purpose.PERSONAL]))
    await services.people.less_like("web", LessRequest(item_id="i1"))
    for _ in range(2):
        await services.events.merge("u", MergeRequest(visitor_id="web"))
    told = await services.people.consent("u")
    assert (Purpose.PERSONAL in told.allowed, len(told.answers)) == (False, 1)
    assert (await services.people.preferences("u")).less_items == ["i1"]


async def test_a_pause_and_a_switch_hold_lists_back(services: Services) -> None:
    await view(services, "u", "i1", "i3")
    reasons = []
    for days, is_on in ((30, True), (0, False), (0, True)):
        await services.people.pause("u", PauseRequest(days=days))
        await services.people.switch("u", SwitchRequest(is_on=is_on))
        reasons.append((await listed(services, "u")).reason)
    assert reasons == ["popular", "popular", "personal"]


async def test_the_level_is_the_share_of_the_person(services: Services) -> None:
    """Half of the merit is theirs; of none, the list is a stranger's."""
    for who in ("u", "v"):
        await view(services, who, "i1", "i3")
    lists = {}
    for level in (1.0, 0.5, 0.0):
        await services.people.put_preferences("u", PreferencesModel(level=level))
        lists[level] = await listed(services, "u", n=10)
        same = await listed(services, "v", n=10, personalization=level)
        assert ids(same) == ids(lists[level])
    assert bare(lists[0.0]) == bare(await listed(services, "", n=10))
    assert len({tuple(ids(one)) for one in lists.values()}) == 3


async def test_after_a_reset_the_answer_is_that_of_somebody_new(services: Services) -> None:
    """Byte for byte, before anything is done and after; only the token of the next page names who asked.

    What chance shows to find out about products depends on what was shown to others meanwhile, and is left out.
    """

    async def both() -> list[str]:
        asked = {"n": 12, "rotation": 0.5, "exploration": 0}
        return [bare(await listed(services, who, **asked), "next") for who in ("u", "new")]

    await view(services, "u", "i1", "i3", minutes=-1)
    await view(services, "u", "i9", kind="impression", minutes=-1)
    await services.people.put_preferences("u", PreferencesModel(level=0.5, less_items=["i2"], novelty=0.5))
    known, new = await both()
    assert known != new
    await services.people.reset("u")
    reset, new = await both()
    assert reset == new
    for who in ("u", "new"):
        await view(services, who, "i2", minutes=1)
    reset, later = await both()
    assert reset == later != new


@pytest.mark.parametrize(
    "wish", [LessRequest(item_id="i3"), LessRequest(category="Toys > Dolls"), LessRequest(category="Toys > Do")]
)
async def test_less_like_this_puts_its_category_last(services: Services, wish: LessRequest) -> None:
    await view(services, "u", "i1", "i3", "i11")
    before, of_page = ids(await listed(services, "u")), ids(await listed(services, "u", item_id="i1"))
    await services.people.less_like("u", wish)
    after = ids(await listed(services, "u"))
    dolls = [sum(int(one[1:]) < 10 for one in answer) for answer in (before, after)]
    assert dolls[0] >= 2
    assert dolls[1] == (dolls[0] if wish.category == "Toys > Do" else 0)
    # On the page of a doll, dolls are what is asked for.
    assert ids(await listed(services, "u", item_id="i1")) == of_page


async def test_novelty_brings_what_the_person_never_turned_to(services: Services) -> None:
    await view(services, "u", "i1", "i3")
    shares = []
    for novelty in (0.0, 0.4, 1.0):
        await services.people.put_preferences("u", PreferencesModel(novelty=novelty))
        answer = await listed(services, "u")
        shares.append(sum(10 <= int(one[1:]) < 19 for one in ids(answer)) / len(answer.items))
    assert shares[0] < shares[2] == 1.0
    assert shares[1] >= 0.4


async def test_of_who_refuses_predictions_nothing_is_said(tmp_path: Path) -> None:
    """And they are in no segment; others are, but in those that they left."""
    shop = learned(memory_shop(tmp_path), "purchase_7d")
    (tmp_path / "segments").mkdir()
    (tmp_path / "segments" / "all.toml").write_text("about = 'All'\nwhere = 'purchases > 0'\n")
    services = services_of(shop, Settings(), clock=clock)
    asked = PredictRequest(shopper_ids=["u00000", "u00001"])
    before = (await services.predictions.predict("purchase_7d", asked)).predictions
    await services.people.add_consent("u00000", ConsentRequest(granted=False, purposes=[Purpose.PREDICTION]))
    after = (await services.predictions.predict("purchase_7d", asked)).predictions
    checked = await services.predictions.segments_of(CheckRequest(shopper_ids=asked.shopper_ids))
    assert (after[0].value, after[0].text) == (None, "does not allow predictions, and nothing is said")
    assert after[1] == before[1]
    assert [one.segments for one in checked.shoppers] == [[], ["all"]]
    await services.people.leave_segment("u00001", "all")
    checked = await services.predictions.segments_of(CheckRequest(shopper_ids=asked.shopper_ids))
    assert [one.segments for one in checked.shoppers] == [[], []]


async def test_people_whom_a_product_interests_are_those_who_allow_it(services: Services) -> None:
    for who in ("a", "b"):
        await view(services, who, "i1", "i3")
    await services.people.add_consent("a", ConsentRequest(granted=False, purposes=[Purpose.PERSONAL]))
    told = await services.recommendations.audience("i5")
    assert [one.shopper_id for one in told.people] == ["b"]


@pytest.fixture
async def http(services: Services) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(web_app(services))
    async with httpx.AsyncClient(transport=transport, base_url="http://shop") as http:
        yield http


async def test_a_browser_that_says_no_is_heard_with_every_request(
    shop: Shop, services: Services, http: httpx.AsyncClient
) -> None:
    """By both ways to a list, on the next page too; of what is done, nobody is known."""
    await view(services, "u", "i1", "i3")
    wish = {"user_id": "u", "n": 3}
    page = (await http.post("/v1/recommendations", json=wish)).json()["next"]
    ways = [
        ("GET", "/v1/recommendations?user_id=u&n=3", None),
        ("POST", "/v1/recommendations", wish),
        ("POST", "/v1/recommendations", {"next": page}),
        ("GET", "/v1/items/i1/similar?user_id=u&n=3", None),
    ]
    own = [(await http.request(method, path, json=body)).json() for method, path, body in ways]
    told = [(await http.request(method, path, json=body, headers=GPC)).json() for method, path, body in ways]
    assert [one["reason"] for one in own[:3]] == ["personal"] * 3
    assert [one["reason"] for one in told[:3]] == ["popular"] * 3
    stored = await http.post(
        "/v1/events", json={"events": [{"type": "view", "user_id": "u", "item_id": "i5"}]}, headers=GPC
    )
    assert (stored.status_code, len(shop.events.history("u")), shop.events.count()) == (201, 2, 3)


async def test_lists_in_gorses_words_do_not_look_at_who_says_no(services: Services, http: httpx.AsyncClient) -> None:
    await view(services, "u", "i0", "i1", "i2", "i3")
    path = "/api/popular?user-id=u&n=20"
    known = (await http.get(path)).json()
    await services.people.add_consent("u", NO)
    refused, everybodys = (await http.get(path)).json(), (await http.get("/api/popular?n=20")).json()
    assert (known != everybodys, refused == everybodys) == (True, True)


async def test_a_page_says_yes_or_no_for_its_own_visitor(house: House) -> None:
    """And for nobody whose id can be guessed."""
    key, page = house.key(), house.page_key()
    headers = shown(page, Origin=PAGE)
    async with house.open() as http:
        said = await http.post("/v1/consent", json={"granted": False, "visitor_id": VISITOR}, headers=headers)
        others = [
            await http.post("/v1/consent", json={"granted": True, **who}, headers=headers)
            for who in ({"user_id": "u"}, {"visitor_id": "v"}, {})
        ]
        told = (await http.get(f"/v1/people/{VISITOR}/consent", headers=shown(key))).json()
    assert (said.status_code, [one.status_code for one in others]) == (204, [403, 403, 422])
    assert (told["allowed"], {one["source"] for one in told["answers"]}) == ([], {"page"})

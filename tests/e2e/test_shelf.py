"""`shopkeeper.js` on a shop's page, which comes from another origin."""

import gzip
import json
import re
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Literal

import httpx
import pytest
from playwright.sync_api import Page, Request, expect

from shopkeeper.adapters.sql import SqlKeyStore
from shopkeeper.app.assemble import assemble
from shopkeeper.app.settings import Settings
from shopkeeper.app.stores import open_database, open_shop
from shopkeeper.client import sign_user
from shopkeeper.kit.clock import utc_now
from shopkeeper.services.keys.service import KeyService
from tests.e2e.conftest import GARDEN, TEA, fill
from tests.serving import serving

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[2]
STORED = "Object.keys(localStorage).filter((name) => name.startsWith('shopkeeper'))"


class Site:
    """A shop's own pages, and the Shopkeeper that they use."""

    def __init__(self, folder: Path, url: str, engine: str) -> None:
        self.folder, self.url, self.engine = folder, url, engine
        self.write("shop.html", (ROOT / "examples" / "shop.html").read_text().replace("http://127.0.0.1:8000", engine))

    def write(self, name: str, text: str) -> str:
        """Put a page there, and return its address."""
        (self.folder / name).write_text(text)
        return f"{self.url}/{name}"

    def page(self, name: str, body: str, **attributes: str) -> str:
        """Put a page there that loads the script and has a body."""
        said = " ".join(f'data-{attribute}="{value}"' for attribute, value in attributes.items())
        script = f'<script src="{self.engine}/shopkeeper.js" {said} defer></script>'
        return self.write(name, f'<!doctype html><html lang="en-GB"><title>Shop</title>{script}{body}')

    def history(self, visitor: str) -> list[tuple[str, str, str | None]]:
        """Return what is known of a visitor, oldest first."""
        told = httpx.get(f"{self.engine}/v1/history", params={"visitor_id": visitor}).json()["events"]
        return [(event["type"], event["item_id"], event["recommendation_id"]) for event in reversed(told)]


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as http.server calls it
        """Keep quiet."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder, store = tmp_path_factory.mktemp("pages"), tmp_path_factory.mktemp("store")
    fill(store)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        origin = f"http://127.0.0.1:{server.server_address[1]}"
        with serving(assemble(Settings(store=store))) as engine:
            yield Site(folder, origin, engine)
        server.shutdown()
        thread.join()


def visitor(page: Page) -> str:
    """Return who the page thinks it is."""
    return str(page.evaluate("JSON.parse(localStorage.shopkeeper).visitor"))


def titles(page: Page) -> list[str]:
    """Return what is on the last shelf, once it is there."""
    shelf = page.locator("shopkeeper-shelf").last
    shelf.get_by_role("listitem").first.wait_for()
    return shelf.locator("[part=title]").all_inner_texts()


def asked(page: Page) -> list[Request]:
    """Return the list of requests to Shopkeeper's API, which grows."""
    requests: list[Request] = []
    page.on("request", lambda request: requests.append(request) if "/v1/" in request.url else None)
    return requests


def consent(page: Page) -> None:
    """Say yes, and wait until the shelves know it."""
    with page.expect_response("**/v1/events"):
        page.get_by_role("button", name="Yes").click()


def test_a_click_is_stored_and_the_next_shelf_answers(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/shop.html?item=p0")
    consent(page)
    before = titles(page)
    with page.expect_response("**/v1/events"):
        page.locator("shopkeeper-shelf").last.get_by_role("link").last.click()
    page.wait_for_url("**/shop.html?item=*")
    opened = page.url.rpartition("=")[2]
    expect(page.locator("h1")).to_have_text(f"Product {opened}")
    assert titles(page) != before
    told = [one for one in site.history(visitor(page)) if one[0] != "impression"]
    assert [(kind, item) for kind, item, _ in told] == [("view", "p0"), ("click", opened), ("view", opened)]
    # The view is that of a product chosen from the list, and says from which.
    assert told[1][2] == told[2][2] is not None
    with page.expect_response("**/v1/events"):
        page.get_by_role("button", name="Add to cart").click()
    with page.expect_response("**/v1/events"):
        page.get_by_role("button", name="Buy now").click()
    assert [kind for kind, _, _ in site.history(visitor(page))][-2:] == ["cart", "purchase"]


@pytest.mark.parametrize("blocked", ["**/shopkeeper.js", "**/v1/**"])
def test_a_shop_goes_on_without_its_server(page: Page, site: Site, blocked: str) -> None:
    page.route(blocked, lambda route: route.abort())
    page.goto(f"{site.url}/shop.html")
    page.get_by_role("button", name="Yes").click()
    page.get_by_role("button", name="Buy now").click()
    expect(page.get_by_role("heading", name="Regency cake stand")).to_be_visible()
    expect(page.get_by_role("heading", name="Chosen for you")).to_be_hidden()
    assert [shelf.bounding_box() for shelf in page.locator("shopkeeper-shelf[hidden]").all()] in ([], [None, None])


def test_events_wait_for_the_server_over_pages_and_are_stored_once(page: Page, site: Site) -> None:
    address = site.page("waiting.html", "<p data-shopkeeper-view=p3>")
    # Stored, but the answer gets lost.
    page.route("**/v1/events", lambda route: (route.fetch(), route.abort()))
    with page.expect_event("requestfailed"):
        page.goto(address)
    who = visitor(page)
    assert page.evaluate(STORED) != ["shopkeeper"]
    page.unroute("**/v1/events")
    with page.expect_response("**/v1/events"):
        page.goto(address)
    page.wait_for_function(f"{STORED}.length == 1")
    assert site.history(who) == [("view", "p3", None)] * 2


def test_a_server_that_asks_to_wait_is_given_the_time(page: Page, site: Site) -> None:
    told = {"access-control-allow-origin": "*", "access-control-expose-headers": "Retry-After", "retry-after": "60"}
    page.clock.install()
    page.route("**/v1/events", lambda route: route.fulfill(status=429, headers=told, json={}))
    with page.expect_response("**/v1/events"):
        page.goto(site.page("busy.html", "<p data-shopkeeper-view=p3>"))
    # A question that comes after the answer is answered after it, so the script has read it.
    page.evaluate("fetch('busy.html').then((answer) => answer.text())")
    page.unroute("**/v1/events")
    requests = asked(page)
    page.clock.run_for(30_000)
    page.evaluate("shopkeeper.view('p4')")
    page.clock.run_for(20_000)
    assert requests == []
    with page.expect_response("**/v1/events"):
        page.clock.run_for(20_000)
    assert sorted(item for _, item, _ in site.history(visitor(page))) == ["p3", "p4"]


def test_what_was_spoilt_in_the_storage_is_let_go(page: Page, site: Site) -> None:
    page.goto(site.page("spoilt.html", ""))
    page.evaluate("localStorage.setItem('shopkeeper-event-1', '{'); localStorage.setItem('shopkeeper', 'null')")
    with page.expect_response("**/v1/events"):
        page.evaluate("shopkeeper.view('p3')")
    page.wait_for_function(f"{STORED}.length == 1")
    assert site.history(visitor(page)) == [("view", "p3", None)]


def test_an_event_of_the_last_moment_arrives(page: Page, site: Site) -> None:
    page.goto(site.page("leaving.html", ""))
    page.evaluate("shopkeeper.cart('p4', { quantity: 2 })")
    who = visitor(page)
    page.goto("about:blank")
    # The page that sent it is gone, so nobody but the server can be asked.
    for _ in range(200):
        if site.history(who):
            break
        page.wait_for_timeout(50)
    assert site.history(who) == [("cart", "p4", None)]


def test_an_order_counts_once_however_often_its_page_is_loaded(page: Page, site: Site) -> None:
    lines = "['p1', { item_id: 'p2', quantity: 3, price_minor: 252, currency: 'GBP' }]"
    order = f"addEventListener('load', () => shopkeeper.purchase({lines}, {{ order_id: 'o1' }}))"
    address = site.page("thanks.html", f"<script>{order}</script>")
    for _ in range(2):
        with page.expect_response("**/v1/events"):
            page.goto(address)
    assert sorted(item for _, item, _ in site.history(visitor(page))) == ["p1", "p2"]


def test_before_consent_nothing_is_stored_and_no_request_says_who_it_is(page: Page, site: Site) -> None:
    requests = asked(page)
    page.goto(f"{site.url}/shop.html?item=p0")
    page.get_by_role("button", name="Add to cart").click()
    assert len(titles(page)) == 12
    page.get_by_role("button", name="No", exact=True).click()
    page.goto("about:blank")
    assert {request.url.rpartition("/")[2] for request in requests} == {"recommendations"}
    assert {name for request in requests for name in json.loads(request.post_data or "")} == {
        "scenario", "n", "item_id", "return_fields"
    }  # fmt: skip
    page.goto(f"{site.url}/shop.html")
    assert page.evaluate("localStorage.length + document.cookie.length") == 0


@pytest.mark.parametrize("reason", ["consent", "global privacy control", "refused"])
def test_without_consent_a_page_without_a_shelf_asks_nothing(page: Page, site: Site, reason: str) -> None:
    required = {"consent": "required"} if reason == "consent" else {}
    address = site.page("silent.html", "<p data-shopkeeper-view=p3>", **required)
    if reason == "global privacy control":
        page.add_init_script("Object.defineProperty(navigator, 'globalPrivacyControl', { value: true })")
    if reason == "refused":
        with page.expect_response("**/v1/events"):
            page.goto(address)
        page.evaluate("shopkeeper.consent(false)")
    requests = asked(page)
    page.goto(address)
    page.evaluate("shopkeeper.cart('p1'); shopkeeper.identify('c1')")
    page.goto("about:blank")
    page.goto(site.page("empty.html", ""))
    assert requests == []
    # That somebody refused has to be kept where it is not what goes without saying.
    assert page.evaluate(STORED) == (["shopkeeper-consent"] if reason == "refused" else [])


def test_consent_that_was_given_lasts_and_can_be_taken_back(page: Page, site: Site) -> None:
    address = site.page("lasting.html", "<p data-shopkeeper-view=p3>", consent="required", user="c7")
    page.goto(address)
    with page.expect_response("**/v1/events") as told:
        page.evaluate("shopkeeper.consent(true)")
    assert json.loads(told.value.request.post_data or "")["events"][0]["user_id"] == "c7"
    with page.expect_response("**/v1/events"):
        page.goto(address)
    page.evaluate("shopkeeper.consent(false)")
    assert page.evaluate(STORED) == []


def test_what_a_visitor_allows_is_told_to_the_server(page: Page, site: Site) -> None:
    """Before anything that they did, and a no by the name that it drops."""
    page.goto(site.page("told.html", "<p data-shopkeeper-view=p3>", consent="required"))
    requests = asked(page)
    with page.expect_response("**/v1/events"):
        page.evaluate("shopkeeper.consent(true)")
    who = visitor(page)
    with page.expect_response("**/v1/consent") as refused:
        page.evaluate("shopkeeper.consent(false)")
    assert refused.value.status == 204
    bodies = [json.loads(request.post_data or "") for request in requests if "consent" in request.url]
    assert [request.url.rpartition("/")[2] for request in requests] == ["consent", "events", "consent"]
    assert bodies == [{"granted": granted, "visitor_id": who} for granted in (True, False)]


def test_where_nothing_can_be_stored_one_page_is_one_visit(page: Page, site: Site) -> None:
    page.add_init_script("Object.defineProperty(window, 'localStorage', { get() { throw new Error('forbidden'); } })")
    with page.expect_response("**/v1/events") as told:
        page.goto(site.page("forgetful.html", "<p data-shopkeeper-view=p3>"))
    (event,) = json.loads(told.value.request.post_data or "")["events"]
    with page.expect_response("**/v1/events"):
        page.evaluate("shopkeeper.view('p5')")
    assert site.history(event["visitor_id"]) == [("view", "p3", None), ("view", "p5", None)]


def test_the_customer_and_the_key_are_told(page: Page, site: Site) -> None:
    body = "<p data-shopkeeper-view=p3><shopkeeper-shelf></shopkeeper-shelf>"
    requests = asked(page)
    page.goto(site.page("known.html", body, key="pk_1", user="c7"))
    titles(page)
    events, answer = (json.loads(request.post_data or "") for request in requests[:2])
    assert (events["events"][0]["user_id"], answer["user_id"]) == ("c7", "c7")
    assert {request.all_headers()["authorization"] for request in requests} == {"Bearer pk_1"}


def test_a_shelf_is_a_list_of_links_for_keyboard_and_screen_reader(page: Page, site: Site) -> None:
    body = '<shopkeeper-shelf n="16" heading="For you" href="item/{id}"></shopkeeper-shelf>'
    page.goto(site.page("list.html", body, consent="required"))
    assert len(titles(page)) == 16
    shelf = page.get_by_role("list", name="For you")
    assert shelf.get_by_role("listitem").count() == 16
    expect(shelf.get_by_role("link", name="TEA POT", exact=True)).to_have_attribute("href", "item/p0")
    # The text of a product never becomes HTML.
    expect(shelf.get_by_role("link", name="<img src=x onerror=alert(1)>", exact=True)).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/item/*")


def test_prices_are_written_as_the_page_is(page: Page, site: Site) -> None:
    body = '<div lang="de"><shopkeeper-shelf n="16"></shopkeeper-shelf></div>'
    page.goto(site.page("german.html", body, consent="required"))
    shown = dict(zip(titles(page), page.locator("[part=price]").all_inner_texts(), strict=True))
    assert (shown["TEA POT"], shown["Hose"]) == ("2,50\xa0£", "2,63")


def test_a_picture_is_shown_and_one_that_is_gone_leaves_no_hole(page: Page, site: Site) -> None:
    picture = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="
    products = [
        {"item_id": "seen", "title": "Seen", "image_url": picture, "url": "https://shop.example/seen"},
        {"item_id": "gone", "title": "Gone", "image_url": f"{site.url}/none.jpg", "url": "javascript:alert(1)"},
    ]
    for product in products:
        product["fields"] = {"url": product["url"]}  # type: ignore[assignment]  # JSON
    answer = {"recommendation_id": "r", "items": [{**product, "text": ""} for product in products]}
    page.route(
        "**/v1/recommendations", lambda route: route.fulfill(json=answer, headers={"access-control-allow-origin": "*"})
    )
    page.goto(site.page("pictures.html", "<shopkeeper-shelf></shopkeeper-shelf>", consent="required"))
    assert titles(page) == ["Seen", "Gone"]
    expect(page.get_by_role("link")).to_have_attribute("href", "https://shop.example/seen")
    expect(page.locator("img")).to_have_count(1)
    expect(page.locator("img")).to_have_attribute("alt", "")


def test_only_what_was_seen_is_told_as_seen(page: Page, site: Site) -> None:
    page.set_viewport_size({"width": 390, "height": 600})
    body = '<p style="height: 900px">Far above</p><shopkeeper-shelf n="2"></shopkeeper-shelf>'
    requests = asked(page)
    page.goto(site.page("seen.html", body))
    titles(page)
    with page.expect_response("**/v1/events"):
        page.mouse.wheel(0, 2000)
    assert [request.url.rpartition("/")[2] for request in requests] == ["recommendations", "events"]
    events = json.loads(requests[1].post_data or "")["events"]
    assert [event["type"] for event in events] == ["impression", "impression"]
    assert {event["recommendation_id"] for event in events} == {requests[0].response().json()["recommendation_id"]}  # type: ignore[union-attr]  # JSON


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_shelf_fits_a_phone_and_takes_the_colours_of_the_page(
    page: Page, site: Site, scheme: Literal["light", "dark"]
) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{site.url}/shop.html?item=p0")
    titles(page)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    ink = page.evaluate("getComputedStyle(document.body).color")
    assert page.locator("[part=title]").first.evaluate("element => getComputedStyle(element).color") == ink


def test_another_scenario_is_asked_for_when_the_attribute_changes(page: Page, site: Site) -> None:
    page.goto(site.page("changing.html", "<shopkeeper-shelf></shopkeeper-shelf>", consent="required"))
    titles(page)
    with page.expect_request("**/v1/recommendations") as told:
        page.locator("shopkeeper-shelf").evaluate("shelf => shelf.setAttribute('scenario', 'trending')")
    assert json.loads(told.value.post_data or "")["scenario"] == "trending"


def test_the_script_is_small_and_kept_while_it_is_the_same(site: Site) -> None:
    address = f"{site.engine}/shopkeeper.js"
    with httpx.stream("GET", address) as answer:
        sent = b"".join(answer.iter_raw())
    assert (answer.headers["content-encoding"], len(sent) < 5000) == ("gzip", True)
    plain = httpx.get(address, headers={"accept-encoding": "identity"})
    assert gzip.decompress(sent) == plain.content
    same = httpx.get(address, headers={"if-none-match": answer.headers["etag"]})
    assert (same.status_code, same.content) == (304, b"")


def test_a_publishable_key_fills_the_shelves_of_its_own_pages(page: Page, site: Site, tmp_path: Path) -> None:
    fill(tmp_path)
    engine = open_database(tmp_path)
    key = KeyService(SqlKeyStore(engine), utc_now).create("pages", "publishable", origins=[site.url]).token
    engine.dispose()
    with serving(assemble(Settings(store=tmp_path))) as locked:
        keyed = Site(site.folder, site.url, locked)
        body = "<main data-shopkeeper-view=p0></main><shopkeeper-shelf></shopkeeper-shelf>"
        page.goto(keyed.page("keyed.html", body, key=key.get_secret_value()))
        assert len(titles(page)) == 10
    with closing(open_shop(tmp_path)) as shop:
        assert "view" in {event.type.label for event in shop.events.history(visitor(page))}


@pytest.mark.parametrize("is_good", [True, False])
def test_a_customer_is_known_by_the_signature_of_the_shop_and_else_a_visitor(
    page: Page, site: Site, tmp_path: Path, is_good: bool
) -> None:
    fill(tmp_path)
    engine = open_database(tmp_path)
    keys = KeyService(SqlKeyStore(engine), utc_now)
    pages = keys.create("pages", "publishable", origins=[site.url]).token.get_secret_value()
    signature = sign_user(
        "c1", utc_now() + timedelta(hours=1), api_key=keys.create("back end").token.get_secret_value()
    )
    engine.dispose()
    body = "<main data-shopkeeper-view=p0></main><shopkeeper-shelf></shopkeeper-shelf>"
    with serving(assemble(Settings(store=tmp_path))) as locked:
        about = {"key": pages, "user": "c1" if is_good else "c2", "user-signature": signature}
        page.goto(Site(site.folder, site.url, locked).page("signed.html", body, **about))
        shown = titles(page)
        page.wait_for_function(f"{STORED}.length == 1")
        who = visitor(page)
        page.evaluate(f"shopkeeper.identify('c1', '{signature}')")
        with page.expect_response("**/v1/events"):
            page.evaluate("shopkeeper.cart('p1')")
    # Who is known by name is shown what the neighbours of c1 took, who took garden things.
    assert set(GARDEN) & set(shown[:4]) if is_good else TEA[0] not in shown
    with closing(open_shop(tmp_path)) as shop:
        told = {
            who: [event.item_id for event in shop.events.history(who) if event.item_id in ("p0", "p1")]
            for who in (who, "c1")
        }
    assert told == {who: [], "c1": ["p0", "p1"]} if is_good else {who: ["p0"], "c1": ["p1"]}


def test_without_a_key_only_the_same_origin_may(page: Page, shop_url: str) -> None:
    html = '<!doctype html><script src="/shopkeeper.js" defer></script><shopkeeper-shelf></shopkeeper-shelf>'
    page.route("**/own.html", lambda route: route.fulfill(body=html, content_type="text/html"))
    page.goto(f"{shop_url}/own.html")
    assert len(titles(page)) == 10
    assert (
        "access-control-allow-origin"
        not in httpx.get(f"{shop_url}/health/live", headers={"origin": "https://x.example"}).headers
    )


def test_the_page_of_the_guide_works(page: Page, site: Site) -> None:
    guide = (ROOT / "docs" / "how-to" / "show-a-shelf.md").read_text()
    (html,) = re.findall(r"```html\n(.*?)```", guide, re.DOTALL)
    (script,) = re.findall(r"```js\n(.*?)```", guide, re.DOTALL)
    page.goto(site.write("guide.html", html.replace("http://localhost:8000", site.engine)))
    assert len(titles(page)) == 8
    page.get_by_role("button", name="Add to cart").click()
    page.evaluate(script)
    page.wait_for_function(f"{STORED}.length == 1")
    before = sorted(kind for kind, _, _ in site.history(visitor(page)) if kind != "impression")
    assert before == ["cart", "view"]
    told = httpx.get(f"{site.engine}/v1/history", params={"user_id": "17850"}).json()["events"]
    known = sorted(event["type"] for event in told if event["type"] != "impression")
    assert known == ["cart", "purchase", "search", "view"]

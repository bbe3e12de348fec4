"""The page as a person meets it."""

import re
from typing import Literal

import httpx
import pytest
from playwright.sync_api import Page, Route, expect

Motion = Literal["no-preference", "reduce"]
COUNT_MOVES = """
    const move = Element.prototype.animate;
    window.moved = 0;
    Element.prototype.animate = function (...how) { window.moved += 1; return move.apply(this, how); };
"""

pytestmark = pytest.mark.e2e


def shelf(page: Page) -> list[str]:
    """Return the ids on the shelf, in order, once it is there."""
    page.wait_for_selector(".card")
    return [card.get_attribute("data-item") or "" for card in page.query_selector_all(".card")]


def test_picking_a_customer_shows_their_shelf_and_history(page: Page, shop_url: str) -> None:
    page.goto(shop_url)
    page.get_by_role("link", name="c0 4 events").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Chosen for customer c0")
    assert set(shelf(page)[:4]) < {f"p{item}" for item in range(8)}  # the other tea things
    expect(page.locator(".card").first.locator(".why")).to_contain_text("customers who share")
    expect(page.locator(".history li")).to_have_count(4)


def test_a_click_changes_the_shelf_of_a_newcomer(page: Page, shop_url: str) -> None:
    page.goto(shop_url)
    page.get_by_role("link", name="Walk in as someone new").click()
    before = shelf(page)
    opened = page.locator(".card h3").first.inner_text()
    page.locator(".card .open").first.click()
    expect(page.get_by_role("status")).to_contain_text("The shelf answered")
    assert shelf(page) != before
    expect(page.get_by_role("region", name="You are looking at")).to_contain_text(opened)
    expect(page.locator(".history li")).to_have_count(1)


@pytest.mark.parametrize(("wish", "moves"), [("no-preference", True), ("reduce", False)])
def test_cards_move_only_for_those_who_like_it(page: Page, shop_url: str, wish: Motion, moves: bool) -> None:
    page.emulate_media(reduced_motion=wish)
    page.add_init_script(COUNT_MOVES)
    page.goto(f"{shop_url}/#new")
    shelf(page)
    page.locator(".card .cart").first.click()
    expect(page.get_by_role("status")).to_contain_text("The shelf answered")
    assert (page.evaluate("window.moved") > 0) is moves


def test_a_product_found_by_search_can_be_bought(page: Page, shop_url: str) -> None:
    page.goto(f"{shop_url}/#user=c1")
    shelf(page)
    page.get_by_role("searchbox", name="Search the catalogue").fill("saucer")
    # The shelf may have it too, now and then: some of its places are left to chance.
    page.get_by_role("region", name="Results for").get_by_role("button", name="Buy: Saucer").click()
    expect(page.locator(".history li").first).to_contain_text("Bought")
    expect(page.locator(".history li").first).to_contain_text("Saucer")


def test_only_the_keyboard_is_needed(page: Page, shop_url: str) -> None:
    page.goto(shop_url)
    page.get_by_role("searchbox", name="Customer number").press_sequentially("c2")
    page.keyboard.press("Enter")
    first = shelf(page)[0]
    page.locator(f".card[data-item={first}] .favorite").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".history li").first).to_contain_text("Favoured")
    assert page.evaluate("document.activeElement !== document.body")


def test_chinese_is_one_press_away_and_stays(page: Page, shop_url: str) -> None:
    page.goto(f"{shop_url}/#user=c3")
    shelf(page)
    page.get_by_role("button", name="中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    expect(page.locator(".why").first).to_contain_text("顾客买过")
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("为顾客 c3 挑选")


@pytest.mark.parametrize(
    "address", ["", "#user=c4", "#user=nobody-of-this-very-long-name-has-ever-been-here-before", "#new"]
)
def test_a_phone_never_scrolls_sideways(page: Page, shop_url: str, address: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{shop_url}/{address}")
    page.wait_for_selector(".card, .customers a")
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_a_customer_turns_the_shelf_from_themselves_to_nobody(page: Page, shop_url: str) -> None:
    """And back, with the keyboard; what they chose stays."""
    page.goto(f"{shop_url}/#user=c8")
    page.locator(".card").first.wait_for()
    dial, cards = page.get_by_label("About this shopper"), page.locator(".card h3")
    own = cards.all_inner_texts()
    for key, words in (("ArrowLeft", "by half"), ("ArrowLeft", "off")):
        with page.expect_response("**/v1/recommendations?*"):
            dial.press(key)
        page.locator(".dial span", has_text=words).wait_for()
    assert cards.all_inner_texts() != own
    page.get_by_text("it is what a stranger sees").wait_for()
    page.reload()
    page.locator(".dial span", has_text="off").wait_for()
    page.get_by_role("button", name="中文").click()
    assert page.get_by_label("个性化程度").get_attribute("aria-valuetext") == "关闭"
    page.get_by_label("个性化程度").fill("1")
    page.locator(".dial span", has_text="全部").wait_for()
    assert cards.count() == len(own)


def test_an_unknown_customer_gets_what_is_popular(page: Page, shop_url: str) -> None:
    page.goto(f"{shop_url}/#user=nobody")
    assert len(shelf(page)) == 10
    expect(page.locator(".lead")).to_contain_text("We do not know this shopper yet")


def test_the_text_of_a_product_never_becomes_html(page: Page, shop_url: str) -> None:
    page.goto(f"{shop_url}/#new")
    page.get_by_role("searchbox").fill("onerror")
    expect(page.locator(".row .name")).to_have_text("<img src=x onerror=alert(1)>")


def test_a_silent_server_is_said_and_can_be_asked_again(page: Page, shop_url: str) -> None:
    page.goto(f"{shop_url}/#user=c5")
    shelf(page)
    page.route("**/v1/**", lambda route: route.abort())
    page.locator(".card .cart").first.click()
    expect(page.get_by_role("alert")).to_contain_text("The shop does not answer")
    page.unroute("**/v1/**")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("alert")).to_be_hidden()
    expect(page.locator(".history li").first).to_contain_text("In the cart")


def test_a_lost_answer_does_not_count_the_event_twice(page: Page, shop_url: str) -> None:
    lost: list[int] = []

    def lose_the_first(route: Route) -> None:
        answer = route.fetch()
        lost.append(answer.status)
        if len(lost) == 1:
            route.abort()
        else:
            route.fulfill(response=answer)

    page.goto(f"{shop_url}/#user=c6")
    shelf(page)
    page.route("**/v1/events", lose_the_first)
    page.locator(".card .purchase").first.click()
    expect(page.locator(".history li")).to_have_count(5)
    assert lost == [201, 201]


def test_an_empty_shop_says_what_to_do(page: Page, empty_url: str) -> None:
    page.goto(empty_url)
    expect(page.get_by_text("Import your shop's history")).to_be_visible()
    page.get_by_role("link", name="Walk in as someone new").click()
    expect(page.get_by_role("heading", name="The shelf is not ready")).to_be_visible()
    expect(page.locator(".state p")).to_contain_text("shopkeeper fit")


def test_files_are_kept_for_good_and_the_page_is_asked_for_anew(shop_url: str) -> None:
    page = httpx.get(shop_url)
    found = re.search(r'src="(static/\w+/app\.js)"', page.text)
    assert found
    script = httpx.get(f"{shop_url}/{found[1]}")
    assert "immutable" in script.headers["cache-control"]
    assert "unsafe" not in page.headers["content-security-policy"]
    assert httpx.get(shop_url, headers={"if-none-match": page.headers["etag"]}).status_code == 304
    assert httpx.get(f"{shop_url}/static/old/app.js").status_code == 404


def test_a_price_without_currency_is_a_bare_amount(page: Page, shop_url: str) -> None:
    page.goto(f"{shop_url}/#user=c1")
    shelf(page)
    page.get_by_role("searchbox", name="Search the catalogue").fill("hose")
    expect(page.locator(".price", has_text="2.63")).to_have_text("2.63")


def test_a_locked_shop_asks_for_its_key_and_opens(page: Page, locked: tuple[str, str]) -> None:
    url, key = locked
    page.goto(f"{url}/#user=c0")
    for wrong in ("", "sk_0_guess"):
        if wrong:
            page.get_by_label("Secret key").fill(wrong)
            page.get_by_role("button", name="Open").click()
        expect(page.get_by_role("heading", name="The shop is locked")).to_be_visible()
    expect(page.locator(".hint")).to_contain_text("There is no such key")
    page.get_by_label("Secret key").fill(key)
    page.get_by_role("button", name="Open").click()
    assert len(shelf(page)) == 10
    page.locator(".card .cart").first.click()
    expect(page.locator(".history li").first).to_contain_text("In the cart")

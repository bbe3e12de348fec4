"""The queue of reviews as a person meets it, by keys and by touch."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from shopkeeper.app.assemble import assemble
from shopkeeper.app.settings import Settings
from shopkeeper.app.stores import open_shop, tagging_of
from shopkeeper.data.catalog import Product
from shopkeeper.data.reviews import Action, Review
from shopkeeper.data.tags import CATEGORY
from shopkeeper.testing.catalog_tags_suite import TREE
from tests.e2e.conftest import FITTED_AT, fill
from tests.serving import serving

pytestmark = pytest.mark.e2e
TITLES = {"mug": "MUG <img src=x onerror=alert(1)>", "lamp": "DESK LAMP", "toy": "TOY", "cup": "MUGS AND LAMPS"}


@pytest.fixture
def store(tmp_path: Path) -> Path:
    (tmp_path / "taxonomy.csv").write_text(TREE, encoding="utf-8")
    with closing(open_shop(tmp_path)) as shop:
        shop.catalog.upsert(Product(item_id=item_id, title=title) for item_id, title in TITLES.items())
        tagging = tagging_of(shop, Settings(encoder="none"))
        tagging.fit()
        tagging.catch_up()
    return tmp_path


@pytest.fixture
def url(store: Path) -> Iterator[str]:
    with serving(assemble(Settings(store=store, encoder="none"))) as address:
        yield f"{address}/reviews"


def decided(store: Path) -> list[tuple[Action, str]]:
    with closing(open_shop(store)) as shop:
        return [(one.action, one.value) for one in shop.tags.reviews()[0] if one.name == CATEGORY]


def to_category(page: Page) -> str:
    """Skip what is not about a category, and return the product that is shown."""
    page.wait_for_selector(".review")
    while page.locator(".said h2").inner_text() != "Category":
        page.keyboard.press("s")
    return page.locator("h1").inner_text()


def test_keys_accept_choose_skip_and_fix(page: Page, url: str, store: Path) -> None:
    page.goto(url)
    first = to_category(page)
    page.keyboard.press("a")
    expect(page.locator("h1")).not_to_have_text(first)
    second = to_category(page)
    page.keyboard.press("2")
    expect(page.locator("h1")).not_to_have_text(second)
    third = to_category(page)
    page.keyboard.press("f")
    page.keyboard.type("toy")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).not_to_have_text(third)
    to_category(page)
    page.keyboard.press("n")
    expect(page.get_by_role("heading", name="Nothing to look at")).to_be_visible()
    told = decided(store)
    assert told[0][0] is Action.ACCEPT
    assert told[2][1] == "toys"
    assert told[3] == (Action.FIX, "")


def test_it_reads_chinese_and_fits_a_phone_in_the_dark(browser: Browser, url: str, store: Path) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844}, locale="zh-CN", color_scheme="dark", has_touch=True)
    page.goto(url)
    page.wait_for_selector(".review")
    assert page.title() == "标签审核 · Shopkeeper"
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    heights = page.eval_on_selector_all(".review button", "all => all.map(one => one.getBoundingClientRect().height)")
    assert min(heights) >= 44
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(22, 21, 19)"
    page.get_by_role("button", name="采纳").tap()
    expect(page.get_by_role("status")).to_have_text("已采纳。")
    page.close()


def test_what_the_shop_does_not_take_comes_back(page: Page, url: str) -> None:
    page.goto(url)
    first = to_category(page)
    page.route("**/v1/catalog/reviews", lambda route: route.abort())
    page.keyboard.press("a")
    expect(page.get_by_role("alert")).to_contain_text("does not answer")
    expect(page.locator("h1")).to_have_text(first)
    page.unroute("**/v1/catalog/reviews")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("h1")).not_to_have_text(first)


def test_a_category_narrows_the_shelf(page: Page, tmp_path: Path) -> None:
    fill(tmp_path)
    (tmp_path / "taxonomy.csv").write_text(TREE, encoding="utf-8")
    with closing(open_shop(tmp_path)) as shop:
        mugs = [Review(item_id, item_id, CATEGORY, Action.FIX, "mugs", "ann", FITTED_AT) for item_id in ("p0", "p9")]
        tagging_of(shop, Settings(encoder="none")).decide(mugs)
    with serving(assemble(Settings(store=tmp_path))) as url:
        page.goto(f"{url}/#new")
        expect(page.locator(".card")).to_have_count(10, timeout=60_000)
        page.get_by_label("Only of this category").select_option("Home > Mugs")
        expect(page.locator(".card")).to_have_count(2)
        assert {card.get_attribute("data-item") for card in page.query_selector_all(".card")} == {"p0", "p9"}

"""The real client against a real server, which behaves as the name of its model says."""

import json
import logging
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import SecretStr

from shopkeeper.adapters.llm import Book, Endpoint, Limits, LlmTeacher
from shopkeeper.adapters.llm.breaker import Breaker
from shopkeeper.kit.errors import IncompatibleVersion, InvalidInput
from shopkeeper.tagging.budget import Budget, Price, Spent
from shopkeeper.tagging.teacher import Judged, Question, Reply, prompt
from shopkeeper.testing.injections import injections
from shopkeeper.testing.llm_server import BEHAVIOURS, LlmServer
from tests.serving import serving
from tests.unit.tagging.questions import PROVEN, RULES, question

NOW = datetime(2026, 3, 31, 23, 59, tzinfo=UTC)
KEY = "sk-very-secret"
ENOUGH = Budget(tokens=1_000_000, minor=0)
BAD = {
    "truncated": "truncated",
    "refuses": "refused",
    "filtered": "refused",
    "empty": "not as asked",
    "prose": "not as asked",
    "fenced": "not as asked",
    "list": "not as asked",
    "numbers": "not as asked",
    "more keys": "not as asked",
    "fewer keys": "not as asked",
    "wrong enum": "not an option",
    "page": "unavailable",
    "half": "unavailable",
    "no choices": "unavailable",
    "odd choices": "unavailable",
    "hangs": "unavailable",
    "busy for long": "unavailable",
    "out of quota": "unavailable",
    "down": "unavailable",
    "picky": "unavailable",
}
GOOD = {"follows", "slow", "untold", "odd counts", "no counts", "busy", "broken"}


@dataclass
class Shop:
    url: str
    folder: Path
    server: LlmServer
    now: datetime = NOW
    slept: list[float] = field(default_factory=list)

    @property
    def book(self) -> Book:
        return Book(self.folder / "llm.db")

    def teacher(
        self, model: str, *, timeout_s: float = 60.0, breaker: Breaker | None = None, **limits: object
    ) -> LlmTeacher:
        endpoint = Endpoint(f"{self.url}/v1", model, SecretStr(KEY), timeout_s)
        told = Limits(**{"budget": ENOUGH} | limits)  # type: ignore[arg-type]  # what a test names
        return LlmTeacher(endpoint, self.book, RULES, told, breaker=breaker, clock=lambda: self.now, sleep=self.sleep)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    async def ask(self, model: str, questions: Sequence[Question] = (question(),), **options: object) -> list[Judged]:
        return await self.teacher(model, **options).ask(questions, PROVEN)  # type: ignore[arg-type]  # what a test names


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[LlmServer, str]]:
    server = LlmServer()
    with serving(server.app) as url:
        yield server, url


@pytest.fixture
def shop(served: tuple[LlmServer, str], tmp_path: Path) -> Shop:
    served[0].asked.clear()
    return Shop(served[1], tmp_path, served[0])


@pytest.mark.anyio
@pytest.mark.parametrize("model", sorted(GOOD))
async def test_a_good_answer_is_believed_once_it_comes(shop: Shop, model: str) -> None:
    (found,) = await shop.ask(model)
    assert {tag.name: tag.value for tag in found.tags} == {
        "category": "c1",
        "colour": "red",
        "material": "ceramic",
        "brand": "Red",
    }
    assert found.review == {}


@pytest.mark.anyio
@pytest.mark.parametrize("model", sorted(BAD))
async def test_a_bad_answer_ends_with_a_person_and_is_no_tag(shop: Shop, model: str) -> None:
    (found,) = await shop.ask(model, timeout_s=0.2 if model == "hangs" else 60.0, retries=1)
    assert found.tags == ()
    names = ("category", "brand", "colour", "material")
    assert found.review == dict.fromkeys(names, BAD[model]) | (
        {"brand": "not in the text"} if model == "wrong enum" else {}
    )


@pytest.mark.anyio
async def test_an_invented_value_ends_with_a_person_and_the_others_stay(shop: Shop) -> None:
    (found,) = await shop.ask("invents")
    assert {tag.name for tag in found.tags} == {"category", "colour", "material"}
    assert found.review == {"brand": "not in the text"}


def test_every_behaviour_of_the_server_is_tried() -> None:
    assert BEHAVIOURS.keys() == BAD.keys() | GOOD | {"invents", "obeys", "locked"}


@pytest.mark.anyio
async def test_a_question_is_asked_once(shop: Shop) -> None:
    first = await shop.ask("follows")
    spent = shop.book.spent(NOW)
    again = await shop.ask("follows", [question(item_id="p2")])
    assert (len(shop.server.asked), shop.book.spent(NOW)) == (1, spent)
    assert (again[0].tags, again[0].item_id) == (first[0].tags, "p2")


@pytest.mark.anyio
async def test_a_bad_answer_is_not_paid_for_twice(shop: Shop) -> None:
    assert await shop.ask("wrong enum") == await shop.ask("wrong enum")
    assert len(shop.server.asked) == 1


@pytest.mark.anyio
async def test_no_answer_is_asked_for_again(shop: Shop) -> None:
    await shop.ask("broken", retries=0)
    (found,) = await shop.ask("broken", retries=1)
    assert (len(shop.server.asked), found.review) == (3, {})


@pytest.mark.anyio
async def test_who_is_busy_says_how_long_and_who_is_broken_is_given_more_and_more_time(shop: Shop) -> None:
    await shop.ask("busy")
    assert shop.slept == [0, 0]
    shop.slept.clear()
    await shop.ask("broken")
    assert 0.5 <= shop.slept[0] <= 1 <= shop.slept[1] <= 2


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("model", "n"), [("busy for long", 1), ("out of quota", 1), ("picky", 1), ("page", 1), ("down", 4)]
)
async def test_only_who_may_answer_soon_is_asked_again(shop: Shop, model: str, n: int) -> None:
    await shop.ask(model)
    assert len(shop.server.asked) == n


@pytest.mark.anyio
async def test_who_fails_is_left_alone_for_a_while(shop: Shop) -> None:
    now_s = [0.0]
    breaker = Breaker(most=3, pause_s=60, now_s=lambda: now_s[0])
    teacher = shop.teacher("down", breaker=breaker, retries=0, at_once=1)
    found = await teacher.ask([question(f"Mug {k}") for k in range(10)], PROVEN)
    assert len(shop.server.asked) == 3
    assert {one.review["category"] for one in found} == {"unavailable"}
    now_s[0] = 61.0
    await teacher.ask([question(f"Mug {k}") for k in range(10)], PROVEN)
    assert len(shop.server.asked) == 4


@pytest.mark.anyio
@pytest.mark.parametrize(("model", "why"), [("locked", "does not accept the key"), ("nobody", "has no such model")])
async def test_what_must_be_mended_is_an_error(shop: Shop, model: str, why: str) -> None:
    with pytest.raises(InvalidInput, match=why):
        await shop.ask(model)
    assert shop.book.spent(NOW) == Spent()


@pytest.mark.anyio
async def test_nobody_there_costs_nothing(shop: Shop) -> None:
    shop.url = "http://127.0.0.1:1"
    (found,) = await shop.ask("follows")
    assert (set(found.review.values()), shop.book.spent(NOW)) == ({"unavailable"}, Spent())


@pytest.mark.anyio
async def test_tokens_are_never_more_than_the_budget(shop: Shop) -> None:
    questions = [question(f"Red mug {k}") for k in range(30)]
    most = prompt(questions[0]).most_tokens + 400
    found = await shop.ask("follows", questions, budget=Budget(tokens=2 * most, minor=0))
    n_asked = len(shop.server.asked)
    assert shop.book.spent(NOW).tokens <= 2 * most
    assert 2 <= n_asked < 30
    assert sum(set(one.review.values()) == {"over budget"} for one in found) == 30 - n_asked


@pytest.mark.anyio
async def test_money_is_never_more_than_the_budget(shop: Shop) -> None:
    price = Price(Decimal("15.5"), Decimal(60))
    questions = [question(f"Red mug {k}") for k in range(30)]
    await shop.ask("untold", questions, budget=Budget(tokens=10**9, minor=1), price=price, most_answer_tokens=4000)
    each = price.of(prompt(questions[0]).most_tokens, 4000).micro_minor
    assert len(shop.server.asked) == 1_000_000 // each
    assert shop.book.spent(NOW).micro_minor <= 1_000_000


@pytest.mark.anyio
async def test_without_money_nothing_that_costs_is_asked(shop: Shop) -> None:
    (found,) = await shop.ask("follows", price=Price(Decimal(1)))
    assert (shop.server.asked, found.review["brand"]) == ([], "over budget")


@pytest.mark.anyio
async def test_an_answer_that_may_still_come_is_counted_as_paid(shop: Shop) -> None:
    await shop.ask("hangs", timeout_s=0.1, retries=1)
    assert shop.book.spent(NOW).tokens == 2 * (prompt(question()).most_tokens + 400)


@pytest.mark.anyio
@pytest.mark.parametrize("model", ["untold", "odd counts", "no counts", "no choices", "half"])
async def test_an_answer_that_does_not_tell_its_price_is_counted_as_the_dearest(shop: Shop, model: str) -> None:
    await shop.ask(model)
    assert shop.book.spent(NOW).tokens == prompt(question()).most_tokens + 400


@pytest.mark.anyio
async def test_a_budget_is_that_of_a_month(shop: Shop) -> None:
    budget = Budget(tokens=prompt(question()).most_tokens + 400, minor=0)
    await shop.ask("follows", budget=budget)
    (found,) = await shop.ask("follows", [question("Red mugs 2")], budget=budget)
    assert found.review["brand"] == "over budget"
    shop.now = datetime(2026, 4, 1, tzinfo=UTC)
    (found,) = await shop.ask("follows", [question("Red mugs 2")], budget=budget)
    assert found.review == {}


@pytest.mark.anyio
async def test_nothing_but_the_text_of_the_product_leaves(shop: Shop) -> None:
    await shop.ask("follows", [question("Red mug", item_id="secret-id")])
    (asked,) = shop.server.asked
    assert "secret-id" not in json.dumps(asked.body)
    assert asked.body.keys() == {"model", "messages", "response_format", "max_tokens", "temperature"}
    assert asked.product.split("\n")[1] == "Red mug"


@pytest.mark.anyio
@pytest.mark.parametrize("model", ["follows", "down", "hangs", "page", "refuses"])
async def test_no_log_holds_the_key(shop: Shop, model: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        await shop.ask(model, timeout_s=0.5 if model == "hangs" else 60.0, retries=1)
    assert shop.server.asked[0].headers["authorization"] == f"Bearer {KEY}"
    assert KEY not in caplog.text
    assert KEY not in repr(shop.teacher(model)._endpoint)


def test_a_password_in_an_address_is_not_told() -> None:
    assert Endpoint("https://me:secret@models.example/v1", "m").place == "https://models.example/v1"


@pytest.mark.anyio
async def test_two_hundred_titles_change_no_other_product(shop: Shop) -> None:
    honest = [question(f"Red mugs, number {k}", item_id=f"p{k}") for k in range(20)]
    alone = await shop.ask("obeys", honest)
    sent_alone = {asked.messages[1] for asked in shop.server.asked}
    shop.server.asked.clear()
    (shop.folder / "llm.db").unlink()
    hostile = [question(one.title, item_id=f"x{k}") for k, one in enumerate(injections())]
    found = await shop.ask("obeys", [*hostile[:100], *honest, *hostile[100:]])
    assert found[100:120] == alone
    assert sent_alone <= {asked.messages[1] for asked in shop.server.asked}
    assert len({asked.messages[0] for asked in shop.server.asked}) == 1
    # A text with an order is not sent at all; of five titles the order was markup, and nothing of it was left to send.
    results = [*found[:100], *found[120:]]
    assert sum(one.tags == () and set(one.review.values()) == {"gives orders"} for one in results) == 195
    assert len(shop.server.asked) == len(honest) + 5
    assert [asked.product for asked in shop.server.asked if "!--" in asked.product or "AI" in asked.product] == []


def test_a_book_outlives_its_process_and_counts_for_several(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "llm.db"
    code = (
        "import sys; from pathlib import Path; from datetime import datetime, UTC\n"
        "from shopkeeper.adapters.llm import Book\n"
        "from shopkeeper.tagging.budget import Budget, Spent\n"
        f"book = Book(Path({str(path)!r}))\n"
        "at = datetime(2026, 3, 1, tzinfo=UTC)\n"
        "print(sum(book.reserve(at, Spent(1, 1), Budget(150, 1)) for _ in range(100)))\n"
    )
    Book(path).keep("k", Reply("{}"))
    runs = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert sum(int(run.communicate()[0]) for run in runs) == 150
    assert Book(path).answer("k") == Reply("{}")
    assert Book(path).spent(NOW) == Spent(150, 150)


def test_a_book_of_another_version_says_so(tmp_path: Path) -> None:
    import sqlite3

    with sqlite3.connect(tmp_path / "llm.db") as sql:
        sql.execute("PRAGMA user_version = 99")
    sql.close()
    with pytest.raises(IncompatibleVersion, match="remove it"):
        Book(tmp_path / "llm.db")


def test_without_the_extra_it_is_named() -> None:
    code = "import sys; sys.modules['openai'] = None; import shopkeeper.adapters.llm"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "InvalidInput: Language models need the extra llm: pip install 'shopkeeper[llm]'." in answer.stderr

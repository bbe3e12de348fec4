import csv
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from shopkeeper.app.stores import open_shop
from shopkeeper.cli import command_line
from shopkeeper.kit.errors import InvalidInput, NotFound, TooLittle

TOML = """
campaign_id = "spring"
currency = "EUR"
starts_at = 2020-01-01T00:00:00Z
ends_at = 2100-01-01T00:00:00Z
budget_minor = 100_000
stack = "goods"

[[offers]]
offer_id = "tenth"
kind = "percent"
percent_bp = 1000
"""


@pytest.fixture
def store(tmp_path: Path) -> Path:
    open_shop(tmp_path / "shop").close()
    (tmp_path / "spring.toml").write_text(TOML)
    return tmp_path / "shop"


def run(store: Path, *words: str) -> str:
    answer = CliRunner().invoke(command_line(), ["coupons", *words, "--store", str(store)], env={"COLUMNS": "200"})
    if answer.exception and not isinstance(answer.exception, SystemExit):
        raise answer.exception
    return " ".join(answer.output.split())


def test_a_campaign_from_a_file_gives_codes_that_are_in_the_ledger(store: Path, tmp_path: Path) -> None:
    assert "no campaign yet" in run(store, "list")
    assert "version 1, with 1,000.00 EUR to give away" in run(store, "create", str(tmp_path / "spring.toml"))
    assert "Wrote 1,200 codes" in run(
        store, "issue", "spring", "tenth", "--count", "1200", "--out", str(tmp_path / "codes.csv")
    )
    with (tmp_path / "codes.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len({row["code"] for row in rows}) == 1200
    told = run(store, "issue", "spring", "tenth", "--shopper", "ann")
    assert ",ann,2100-01-01" in told
    assert "spring 2020-01-01 2100-01-01 1,000.00 EUR 0.00 EUR 0.00 EUR 1,201 0" in run(store, "list")
    assert "spring v1 issued" in run(store, "ledger", "--coupon", rows[0]["coupon_id"])
    budget = run(store, "budget", "spring")
    assert "left 1,000.00 EUR issued 1,201 coupons" in budget
    with closing(open_shop(store)) as shop:
        code = rows[0]["code"].encode()
        assert (store / "coupons.secret").stat().st_mode & 0o777 == 0o600
        assert code not in (store / "shop.sqlite").read_bytes() + (store / "shop.sqlite-wal").read_bytes()
        assert len(shop.coupons.entries(limit=10_000)) == 1201


def test_an_edited_file_is_the_next_version(store: Path, tmp_path: Path) -> None:
    run(store, "create", str(tmp_path / "spring.toml"))
    (tmp_path / "spring.toml").write_text(TOML.replace("100_000", "50_000"))
    with pytest.raises(InvalidInput, match="There is a campaign spring already"):
        run(store, "create", str(tmp_path / "spring.toml"))
    assert "version 2, with 500.00 EUR" in run(store, "create", str(tmp_path / "spring.toml"), "--edit")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("campaign_id = 1 2", "cannot be read as TOML"),
        (TOML.replace("percent_bp = 1000", ""), r"offers\[0\]: a percent needs percent_bp"),
        (TOML.replace("2100", "2019"), "ends_at must be after starts_at"),
        (TOML.replace('"EUR"', '"euro"'), "currency: String should match pattern"),
    ],
)
def test_a_file_that_is_no_campaign_says_why(store: Path, tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "spring.toml").write_text(text)
    with pytest.raises(InvalidInput, match=why):
        run(store, "create", str(tmp_path / "spring.toml"))
    assert "no campaign yet" in run(store, "list")


def test_what_is_not_there_is_said(store: Path, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no campaign 'spring'"):
        run(store, "budget", "spring")
    with pytest.raises(InvalidInput, match="cannot be read: No such file"):
        run(store, "create", str(tmp_path / "none.toml"))
    run(store, "create", str(tmp_path / "spring.toml"))
    with pytest.raises(InvalidInput, match="The campaign has no such offer"):
        run(store, "issue", "spring", "half", "--count", "1")
    assert "nothing of that in the ledger" in run(store, "ledger")


def test_of_a_campaign_that_nobody_was_decided_about_nothing_is_learned_or_told(store: Path, tmp_path: Path) -> None:
    run(store, "create", str(tmp_path / "spring.toml"))
    with pytest.raises(TooLittle, match="200 are needed: wait until more are decided about"):
        run(store, "learn", "spring")
    told = run(store, "report", "spring", "--out", str(tmp_path / "pictures"))
    assert "0 people are in the hold-out: what a campaign earns is told from 200 on." in told
    assert (tmp_path / "pictures" / "spring-spending.svg").read_text().startswith("<svg")
    with pytest.raises(NotFound, match="no campaign 'autumn'"):
        run(store, "report", "autumn")

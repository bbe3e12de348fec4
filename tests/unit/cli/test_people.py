"""A shop answers who asks what it knows, or to be forgotten, with a command each."""

import json
import re
import stat
from contextlib import closing
from pathlib import Path
from zipfile import ZipFile

import duckdb
import pytest
from pyrage import decrypt, passphrase, x25519
from typer.testing import CliRunner, Result

from shopkeeper.app.stores import open_shop
from shopkeeper.cli import command_line
from shopkeeper.data.merges import Merge
from shopkeeper.kit.errors import InvalidInput, NotFound
from shopkeeper.testing.store_suite import NOW, event
from shopkeeper.testing.traces import traces

ANNA = "anna-5f0c9a2b"
SECRET = "five words of a die"
GUIDE = Path(__file__).parents[3] / "docs" / "how-to" / "answer-a-data-request.md"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    with closing(open_shop(tmp_path / "shop")) as shop:
        shop.events.append([event("1", user=ANNA, item="=1+1"), event("2", user="ben"), event("3", user=None)])
        shop.merges.add(Merge("v", ANNA, NOW))
    return tmp_path / "shop"


def run(store: Path, *given: str, typed: str = "") -> Result:
    result = CliRunner().invoke(command_line(), ["people", *given, "--store", str(store)], input=typed)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_a_person_gets_everything_as_json_and_as_tables(store: Path, tmp_path: Path) -> None:
    out = tmp_path / "anna.zip"
    assert "Wrote 3 entries of 2 places" in run(store, "export", ANNA, "--out", str(out)).output
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    with ZipFile(out) as file:
        told = json.loads(file.read("all.json"))
        table = file.read("live_events.csv").decode()
    assert {place: len(entries) for place, entries in told.items()} == {"live events": 2, "merges": 1}
    assert [entry["item_id"] for entry in told["live events"]] == ["=1+1", "a"]
    # A spreadsheet must not run what a product is called.
    assert ",'=1+1," in table
    with pytest.raises(InvalidInput, match=r"\.zip"):
        run(store, "export", ANNA, "--out", str(tmp_path / "anna.txt"))


def test_an_export_leaves_sealed_where_somebody_is_named(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, officer = x25519.Identity.generate(), x25519.Identity.generate()
    out = tmp_path / "out" / "sealed.zip.age"
    out.parent.mkdir()
    out.write_text("what others may read")
    given = ("export", ANNA, "--out", str(out))
    run(store, *given, "--recipient", str(anna.to_public()))
    assert decrypt(out.read_bytes(), [anna]).startswith(b"PK")
    monkeypatch.setenv("SHOPKEEPER_EXPORT_RECIPIENT", str(officer.to_public()))
    run(store, *given)
    assert decrypt(out.read_bytes(), [officer]).startswith(b"PK")
    assert (stat.S_IMODE(out.stat().st_mode), traces(out.parent, [ANNA])) == (0o600, {})
    out.unlink()
    for wrong, message in (
        (("export", ANNA, "--out", str(out.with_name("plain.zip"))), r"a \.zip\.age"),
        ((*given, "--recipient", "age1ann"), "age1 and 58 signs"),
        ((*given, "--recipient", str(anna.to_public()), "--passphrase"), "--recipient or --passphrase"),
    ):
        with pytest.raises(InvalidInput, match=message):
            run(store, *wrong)
    with pytest.raises(InvalidInput, match="too short"):
        run(store, *given, "--passphrase", typed="short\nshort\n")
    assert list(out.parent.iterdir()) == []


def test_to_erase_is_shown_first_and_done_when_told(store: Path) -> None:
    shown = run(store, "erase", ANNA).output
    assert "Nothing was changed" in shown
    assert shown.split("state")[1].split()[1:5] == ["live", "events", "2", "waiting"]
    with closing(open_shop(store)) as shop:
        assert shop.events.history(ANNA)
    told = run(store, "erase", ANNA, "--yes").output
    receipt = told.partition("Receipt ")[2].partition(":")[0]
    assert "waiting for the worker" in run(store, "erasure", receipt).output
    assert "1 erasures done: 2 in live events, 1 in merges" in run(store, "sweep").output
    done = run(store, "erasure", receipt).output
    assert ("erased" in done, ", done " in done, traces(store, [ANNA])) == (True, True, {})
    assert "Nobody waits" in run(store, "sweep").output
    with pytest.raises(NotFound):
        run(store, "erasure", "none")


def test_events_leave_the_house_under_pseudonyms_that_can_be_drawn_anew(store: Path, tmp_path: Path) -> None:
    run(store, "erase", "ben", "--yes")
    rows = []
    for name, *options in (("a.csv",), ("b.parquet",), ("c.csv", "--rotate")):
        assert "2 events of 1 people" in run(store, "events", str(tmp_path / name), *options).output
        told = duckdb.execute(f"FROM '{tmp_path / name}' ORDER BY item_id")
        columns = [column[0] for column in told.description]
        assert columns == ["person", "type", "at", "item_id", "quantity", "price_minor", "rating"]
        rows.append(told.fetchall())
    first, second, anew = [{row[0] for row in told} for told in rows]
    assert (first == second, first & anew, [row[3] for row in rows[0]]) == (True, set(), ["=1+1", "a"])
    assert traces(tmp_path, ["ben"], leave_out=[f"shop/{path.name}" for path in store.iterdir()]) == {}
    with pytest.raises(InvalidInput, match=r"\.parquet"):
        run(store, "events", str(tmp_path / "a.txt"))


def test_the_guide_does_what_it_says(store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    commands = re.findall(r"^shopkeeper people (.*)$", GUIDE.read_text(), re.MULTILINE)
    receipt, told = "", []
    for command in commands:
        given = command.replace("17850", ANNA).replace("3f2a9c4e5b6d7081a2b3c4d5e6f70819", receipt).split()
        told.append(run(store, *given, typed=f"{SECRET}\n{SECRET}\n").output)
        receipt = receipt or told[-1].partition("Receipt ")[2].partition(":")[0]
    assert [one.split()[0] for one in commands] == ["export", "export", "erase", "erase", "sweep", "erasure", "events"]
    assert ", done " in told[5]
    sealed = tmp_path / f"{ANNA}.zip.age"
    assert sealed.read_bytes().startswith(b"age-encryption.org/v1\n-> scrypt ")
    assert passphrase.decrypt(sealed.read_bytes(), SECRET).startswith(b"PK")
    assert {path.name for path in tmp_path.iterdir()} == {"shop", f"{ANNA}.zip", sealed.name, "events.parquet"}
    assert traces(tmp_path, [ANNA], leave_out=[f"{ANNA}.zip", sealed.name]) == {}

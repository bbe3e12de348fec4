from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from shopkeeper.app.stores import open_shop
from shopkeeper.cli import command_line
from shopkeeper.data.quarantine import Case
from shopkeeper.kit.errors import NotFound


def run(store: Path, *words: str) -> str:
    answer = CliRunner().invoke(command_line(), ["quarantine", *words, "--store", str(store)], env={"COLUMNS": "200"})
    if answer.exception and not isinstance(answer.exception, SystemExit):
        raise answer.exception
    return " ".join(answer.output.split())


@pytest.fixture
def store(tmp_path: Path) -> Path:
    shop = open_shop(tmp_path)
    shop.quarantine.add([Case(who, datetime(2024, 5, 1, tzinfo=UTC), "7 came.", ("i1",), 4.25) for who in ("a", "b")])
    shop.close()
    return tmp_path


def test_an_operator_looks_confirms_and_releases(store: Path) -> None:
    assert "a suspected 2024-05-01 00:00 4.2 7 came." in run(store, "list")
    assert run(store, "release", "a") == "a is released; it counts from the next fit on."
    assert run(store, "confirm", "b") == "b is confirmed; it counts from the next fit on."
    told = run(store, "list")
    assert "a released" in told
    assert "b confirmed" in told


def test_nobody_is_in_question_at_first(tmp_path: Path) -> None:
    open_shop(tmp_path).close()
    assert run(tmp_path, "list") == "Nobody is in question."


def test_who_is_not_in_question_cannot_be_released(store: Path) -> None:
    with pytest.raises(NotFound, match="Nobody holds 'x'"):
        run(store, "release", "x")

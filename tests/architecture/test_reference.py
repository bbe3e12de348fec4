"""The reference is made from the code, and nothing in it lacks a word."""

import re
from pathlib import Path

import pytest

from shopkeeper.cli.reference import PAGES

FOLDER = Path(__file__).parents[2] / "docs" / "reference"


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_what_the_code_says(name: str) -> None:
    assert (FOLDER / name).read_text() == PAGES[name](), "run `make docs`"


@pytest.mark.parametrize("name", PAGES)
def test_everything_is_documented(name: str) -> None:
    rows = re.findall(r"^\| `.*\|$", PAGES[name](), re.MULTILINE)
    assert [row for row in rows if row.endswith(("| |", "|  |", "| None |"))] == []


def test_every_command_has_examples() -> None:
    commands = PAGES["cli.md"]().split("\n## ")[1:]
    assert [command.split("\n")[0] for command in commands if "For example" not in command] == []

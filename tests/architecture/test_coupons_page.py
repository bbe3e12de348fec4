"""What the page on coupons says is what they do."""

import re
from pathlib import Path

import pytest

from shopkeeper.coupons.assignment import NEVER
from shopkeeper.coupons.forbidden import WORDS, forbidden
from shopkeeper.coupons.gate import LEVEL, PERMUTATIONS, verdict
from shopkeeper.coupons.guardrails import DISCLOSURE
from shopkeeper.coupons.off_policy import LEAST_EFFECTIVE
from shopkeeper.coupons.qini import Interval
from shopkeeper.coupons.uplift import LEAST

PAGE = (Path(__file__).parents[2] / "docs" / "explanation" / "coupons.md").read_text()
PROSE = PAGE.replace("\n", " ")


@pytest.mark.parametrize("language", DISCLOSURE)
def test_what_people_are_told_is_on_the_page(language: str) -> None:
    assert f"\n> {dict(DISCLOSURE)[language]}\n" in PAGE  # type: ignore[index]  # one of its languages


def test_the_names_that_the_page_refuses_are_refused() -> None:
    (told,) = re.findall(r"refused, whether it is called (.*?)\. A name", PROSE)
    names = [name.strip("` ") for name in re.split(", | or ", told)]
    assert len(names) == 6
    assert [name for name in names if not forbidden(name)] == []
    assert [kind for kind in WORDS if kind not in PROSE.lower()] == []


def test_the_sentence_of_the_gate_is_one_that_it_says() -> None:
    assert verdict(0.41, Interval(0.0766, 0.07, 0.0832)).why.removesuffix(".") in PROSE


@pytest.mark.parametrize(
    "told",
    [
        f"below {NEVER:g} never".replace("0.", "."),
        f"fewer than {LEAST} people",
        f"against {PERMUTATIONS} permutations",
        f"below {LEVEL:g} the gate".replace("0.", "."),
        f"of {LEAST_EFFECTIVE:.0f}. Intervals",
    ],
)
def test_the_numbers_of_the_page_are_those_of_the_code(told: str) -> None:
    assert told in PROSE

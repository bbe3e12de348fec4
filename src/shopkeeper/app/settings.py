"""All settings, each from an environment variable `SHOPKEEPER_<NAME>`."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field, HttpUrl, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from shopkeeper.adapters.sealing import recipient
from shopkeeper.data.gorse import feedback_words
from shopkeeper.data.items import LEAST
from shopkeeper.data.retention import Retention
from shopkeeper.evaluation.run import Repeats
from shopkeeper.kit.errors import InvalidInput


def _as_read_by(read: Callable[[str], object]) -> AfterValidator:
    """Return what refuses a text as whoever reads it does."""

    def check(text: str) -> str:
        try:
            read(text)
        except InvalidInput as error:
            raise ValueError(str(error)) from error
        return text

    return AfterValidator(check)


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"there is no time zone {name!r}; it is named as Europe/Berlin is")
    return name


def _hard_to_guess(secret: SecretStr) -> SecretStr:
    if len(secret.get_secret_value()) < 32:
        raise ValueError("at least 32 signs are needed; `openssl rand -hex 32` makes a good one")
    return secret


class Settings(BaseSettings):
    """What a shop can set; the defaults serve one machine."""

    model_config = SettingsConfigDict(env_prefix="SHOPKEEPER_", use_attribute_docstrings=True, frozen=True)

    store: Path = Path("shopkeeper-data")
    """Folder of the shop's data."""
    database_url: SecretStr | None = None
    """PostgreSQL for events and products, as postgresql://user:password@host/name; else SQLite in the folder."""
    host: str = "127.0.0.1"
    """Address to listen on; 0.0.0.0 for all."""
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    """Port to listen on."""
    model: str = "user_knn"
    """The model that answers."""
    support: Annotated[int, Field(ge=1)] = LEAST
    """People whom two products need in common before one is listed for the other; with fewer than five, a list of a
    small shop can tell what somebody took."""
    dp_epsilon: Annotated[float, Field(ge=0, le=100)] = 0.0
    """What counts of people and lists of what is popular or trending may tell of a person in a day, in differential
    privacy: 1 is private, 10 hardly; from the next fit on. 0: counts are exact."""
    catalog_fresh_s: Annotated[float, Field(ge=0)] = 2.0
    """Seconds after which recommendations ask the catalogue what changed."""
    events_url: HttpUrl | None = None
    """Where the events service runs, when not in this process."""
    catalog_url: HttpUrl | None = None
    """Where the catalogue service runs, when not in this process."""
    recommendations_url: HttpUrl | None = None
    """Where the recommendations service runs, when not in this process."""
    models_url: HttpUrl | None = None
    """Where the models service runs, when not in this process."""
    insights_url: HttpUrl | None = None
    """Where the insights service runs, when not in this process."""
    predictions_url: HttpUrl | None = None
    """Where the predictions service runs, when not in this process."""
    coupons_url: HttpUrl | None = None
    """Where the coupons service runs, when not in this process."""
    people_url: HttpUrl | None = None
    """Where the people service runs, when not in this process."""
    coupon_secret: Annotated[SecretStr, AfterValidator(_hard_to_guess)] | None = None
    """With what coupon codes are hashed, at least 32 signs; else a file `coupons.secret` that is made in the store."""
    time_zone: Annotated[str, AfterValidator(_zone)] = "UTC"
    """The shop's own, such as Europe/Berlin: where its days, weeks and months begin in analyses."""
    internal_secret: Annotated[SecretStr, AfterValidator(_hard_to_guess)] | None = None
    """What services apart show each other, the same for all, at least 32 signs: `openssl rand -hex 32` makes one."""
    open: bool = False
    """Answer who shows no key as the default shop, whatever address is listened on: only behind a proxy that asks."""
    rate_key: Annotated[float, Field(ge=0)] = 1000.0
    """Requests a second that a key may send to a process, with ten seconds' worth in reserve; 0: any number."""
    rate_address: Annotated[float, Field(ge=0)] = 20.0
    """So many of them from one address, with a publishable key."""
    open_shops: Annotated[int, Field(ge=1)] = 50
    """Shops that a process holds open besides the default one, the one asked last the longest."""
    timeout_s: Annotated[float, Field(gt=0, le=600)] = 5.0
    """Seconds that a call to a service elsewhere may take, all its tries included."""
    retries: Annotated[int, Field(ge=0, le=10)] = 2
    """Further tries of a call to a service elsewhere that may be repeated."""
    types: str | None = None
    """Event types that the worker's fits learn from, separated by commas; else all that are interactions."""
    refit_hours: Annotated[float, Field(gt=0)] = 24.0
    """Hours after which the worker fits the model again."""
    refit_events: Annotated[int, Field(ge=1)] = 100_000
    """New events after which it does so sooner; where there were fewer before, as many as there were."""
    metric: str = "ndcg@10"
    """By which the worker compares a model with popularity before it is published."""
    repeats: Repeats = "exclude"
    """Whether products a user already has count in that: exclude or include."""
    keep_days: Annotated[str, _as_read_by(Retention.of)] = ""
    """Days that events are kept, by type, and imported files, as view=400,impression=90,files=30; others for ever."""
    export_recipient: Annotated[str, _as_read_by(recipient)] | None = None
    """A public key of age (age1…) for which exports of persons are sealed where no other is named; with it none leaves
    in the clear."""
    look_s: Annotated[float, Field(gt=0)] = 60.0
    """Seconds between two looks of the worker for something to do."""
    encoder: str = "auto"
    """What helps tagging by meanings: minilm, none, or a folder of a model; auto: SHOPKEEPER_EMBEDDINGS_URL where that
    is set, else minilm where it is installed and there are 5,000 products at most."""
    llm_url: HttpUrl | None = None
    """Where a language model is asked about products, as http://localhost:11434/v1; else none is."""
    llm_model: str = ""
    """Its name there."""
    llm_key: SecretStr | None = None
    """What it wants to see; else OPENAI_API_KEY, where that is set."""
    llm_timeout_s: Annotated[float, Field(gt=0, le=3600)] = 60.0
    """Seconds that one answer of it may take."""
    llm_tokens: Annotated[int, Field(ge=0)] = 1_000_000
    """Tokens that may go to it and come back in a calendar month (UTC)."""
    llm_money_minor: Annotated[int, Field(ge=0)] = 0
    """What that may cost in minor units, such as cents; 0 is right for a model of one's own, which has no price."""
    llm_price_in_minor: Annotated[Decimal, Field(ge=0)] = Decimal(0)
    """Minor units for a million tokens that go to it."""
    llm_price_out_minor: Annotated[Decimal, Field(ge=0)] = Decimal(0)
    """Minor units for a million tokens that come back."""
    llm_answer_tokens: Annotated[int, Field(ge=50)] = 400
    """Tokens after which an answer is cut off, and not believed; models that think aloud need more."""
    embeddings_url: HttpUrl | None = None
    """Where vectors of product texts come from, in the same protocol; else from this machine alone."""
    embeddings_model: str = ""
    """The name of the model there; the key is that of the language model."""

    gorse_feedback: Annotated[str, _as_read_by(feedback_words)] = ""
    """What a shop's own words for Gorse's feedback mean, as `liked=favorite,seen=view,dislike=ignore`."""
    log_format: Literal["text", "json"] = "text"
    """How lines of the log are written to standard error: text or json."""
    log_level: Literal["debug", "info", "warning", "error"] = "warning"
    """What is logged: with info, each request by its route."""
    traces: bool = False
    """Send traces by OpenTelemetry, to where its own variables OTEL_EXPORTER_OTLP_... point."""

    @classmethod
    def read(cls, given: Mapping[str, object]) -> Self:
        """Return the settings: what was given and is not None, else the environment's; InvalidInput names a bad one."""
        try:
            return cls.model_validate({name: value for name, value in given.items() if value is not None})
        except ValidationError as error:
            wrong = [f"SHOPKEEPER_{str(one['loc'][0]).upper()}: {one['msg']}" for one in error.errors()]
            raise InvalidInput(f"{'; '.join(wrong)}. See docs/reference/settings.md.") from error

    def url(self, service: str) -> str:
        """Return where a service runs; nothing when in this process."""
        return str(getattr(self, f"{service}_url") or "").rstrip("/")

"""What operators see of a running process: metrics of the machine and the models, log lines, traces."""

import logging
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from fastapi import FastAPI
from httpx import AsyncClient
from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from pythonjsonlogger.json import JsonFormatter

from shopkeeper.data.reviews import Action
from shopkeeper.kit.errors import InvalidInput
from shopkeeper.ports import ModelStore, TagStore
from shopkeeper.tagging.drift import BEFORE, NOW, drift

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

_NOBODY = dict.fromkeys(
    ("http.url", "http.target", "url.full", "url.path", "url.query", "net.peer.ip", "client.address"), ""
)
"""Attributes of a span that can hold the id or the address of a person; its route says what was asked."""


class _Models(Collector):
    """When the served version of each model was fitted, read anew each time."""

    def __init__(self, models: ModelStore) -> None:
        self._models = models

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Return one gauge."""
        fitted = GaugeMetricFamily(
            "shopkeeper_model_fitted_seconds", "Unix time of the fit.", labels=["model", "version"]
        )
        for name in self._models.names():
            for version in self._models.versions(name):
                if version.is_current:
                    fitted.add_metric([name, version.version], version.fitted_at.timestamp())
        yield fitted


class _Tags(Collector):
    """How persons judge what is said of products, read anew each time."""

    def __init__(self, tags: TagStore) -> None:
        self._tags = tags

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Return how many wait, the share that was accepted lately, and whether that fell."""
        judged = drift([one.action is Action.ACCEPT for one in self._tags.recent(NOW + BEFORE)])
        told = {
            "shopkeeper_tag_reviews_open": ("Tags that wait for a person.", len(self._tags.to_review())),
            "shopkeeper_tag_accept_ratio": ("Accepted, of the last 50 that persons looked at.", judged.now),
            "shopkeeper_tag_drift": ("1 where persons accept fewer tags than they used to.", judged.is_alarm),
        }
        for name, (about, value) in told.items():
            if value is not None:
                yield GaugeMetricFamily(name, about, value=float(value))


def registry_of(models: ModelStore | None, tags: TagStore | None = None) -> CollectorRegistry:
    """Return a registry that tells of the process, and of the models and tags where they are here."""
    registry = CollectorRegistry()
    for collector in (ProcessCollector, PlatformCollector, GCCollector):
        collector(registry=registry)
    if models:
        registry.register(_Models(models))
    if tags:
        registry.register(_Tags(tags))
    return registry


def write_logs(form: str, level: str) -> None:
    """Send what the package logs to standard error, a line each, as text or json, from a level on."""
    handler = logging.StreamHandler(sys.stderr)
    plain = "%(asctime)s %(levelname)s %(name)s %(message)s"
    fields = ("asctime", "levelname", "name", "message")
    renamed = {"asctime": "at", "levelname": "level", "name": "logger"}
    handler.setFormatter(JsonFormatter(fields, rename_fields=renamed) if form == "json" else logging.Formatter(plain))
    logger = logging.getLogger("shopkeeper")
    logger.handlers, logger.propagate = [handler], False
    logger.setLevel(level.upper())


def sender_of_traces(name: str) -> "TracerProvider":
    """Return what sends traces to where the variables OTEL_EXPORTER_OTLP_... of OpenTelemetry point.

    InvalidInput where OpenTelemetry is not installed.
    """
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ModuleNotFoundError as error:
        raise InvalidInput(
            f"SHOPKEEPER_TRACES needs {error.name}, which is not installed: pip install 'shopkeeper[telemetry]'"
        ) from error
    provider = TracerProvider(resource=Resource.create({"service.name": name}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider


def trace(app: FastAPI, connections: Sequence[AsyncClient], provider: "TracerProvider") -> None:
    """Have a provider see each request that comes and each that goes to another service, without who it is about."""
    from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
    from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor, RequestInfo
    from opentelemetry.trace import Span

    def came(span: Span, _scope: dict[str, object]) -> None:
        span.set_attributes(_NOBODY)

    async def goes(span: Span, _request: RequestInfo) -> None:
        span.set_attributes(_NOBODY)

    FastAPIInstrumentor.instrument_app(
        app,
        server_request_hook=came,
        tracer_provider=provider,
        excluded_urls="health,metrics",
        exclude_spans=["receive", "send"],
    )
    for connection in connections:
        HTTPXClientInstrumentor.instrument_client(connection, tracer_provider=provider, request_hook=goes)

"""What a process is asked, how it answers and how long that takes: for Prometheus, and for the log."""

import logging
from time import perf_counter

from fastapi import APIRouter, Response
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shopkeeper.web.errors import problem
from shopkeeper.web.request_id import request_id

_log = logging.getLogger(__name__)

_GONE = 499
"""The status of who went before the answer, as proxies note it."""
# Lists are made in a few milliseconds, and waited for no longer than the timeout of a call.
_BUCKETS = (0.001, 0.002, 0.004, 0.008, 0.016, 0.03, 0.06, 0.12, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Access:
    """Middleware that counts, times and logs answers by their route: never by the path, which can name a person.

    What fails unexpectedly is logged with its traceback, and answered as a problem with the id to look for.
    """

    def __init__(self, app: ASGIApp, registry: CollectorRegistry) -> None:
        self._app = app
        of_route = ("method", "route")
        self._answers = Counter("shopkeeper_answers", "Answers.", (*of_route, "status"), registry=registry)
        self._seconds = Histogram(
            "shopkeeper_answer_seconds", "Until the last byte.", of_route, registry=registry, buckets=_BUCKETS
        )
        self._under_way = Gauge("shopkeeper_requests_under_way", "Not yet answered.", registry=registry)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, start = 0, perf_counter()

        async def send_seen(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        self._under_way.inc()
        try:
            await self._app(scope, receive, send_seen)
        except ClientDisconnect:
            status = status or _GONE
        except Exception:
            _log.exception("failed", extra={"request_id": request_id()})
            if status:
                raise  # half an answer is sent: only cutting the connection tells that the rest is missing
            detail = "Something failed that should not; the log has the reason under this request_id."
            await problem(500, "failure", detail)(scope, receive, send_seen)
        finally:
            self._under_way.dec()
            self._note(scope, status, perf_counter() - start)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        method, route = scope["method"], getattr(scope.get("route"), "path", "none")
        self._answers.labels(method, route, status).inc()
        self._seconds.labels(method, route).observe(seconds)
        if not _log.isEnabledFor(logging.INFO):
            return
        about = {"request_id": request_id(), "method": method, "route": route, "status": status}
        _log.info(
            "%s %s %d %.1f ms", method, route, status, seconds * 1e3, extra=about | {"ms": round(seconds * 1e3, 1)}
        )


def create_router(registry: CollectorRegistry) -> APIRouter:
    """Return the route that Prometheus reads."""
    router = APIRouter(include_in_schema=False)

    @router.get("/metrics")
    def tell_metrics() -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return router

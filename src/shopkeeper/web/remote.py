"""The way to another service: one pool of connections, a few tries, and a name for whoever is silent."""

import logging
from collections.abc import Mapping
from types import MappingProxyType

import anyio
import httpx

from shopkeeper.kit.errors import Unavailable
from shopkeeper.web.request_id import HEADER, request_id

REPEATABLE = MappingProxyType({"repeatable": True})
"""`extensions` of a POST that may be sent twice, because the second time changes nothing."""
_IDEMPOTENT = ("GET", "PUT", "PATCH", "DELETE")
"""A PATCH says what shall be, not by how much it changes."""
_PAUSE_S = 0.05
"""Before the second try; it doubles with each further one."""
_log = logging.getLogger(__name__)


def connect(
    service: str,
    url: str,
    *,
    timeout_s: float,
    retries: int,
    transport: httpx.AsyncBaseTransport | None = None,
    headers: Mapping[str, str] = MappingProxyType({}),
) -> httpx.AsyncClient:
    """Return a client for a service at an address; silence and answers that are not its own raise Unavailable.

    `timeout_s` is for a whole call, all its tries included, so that a slow service is not asked more for being slow.
    Whoever connects closes it.
    """
    inner = transport or httpx.AsyncHTTPTransport()
    remote = _Remote(f"The {service} service at {url}", inner, timeout_s=timeout_s, retries=retries)
    return httpx.AsyncClient(base_url=url, transport=remote, timeout=timeout_s, headers=headers)


class _Remote(httpx.AsyncBaseTransport):
    def __init__(self, who: str, inner: httpx.AsyncBaseTransport, *, timeout_s: float, retries: int) -> None:
        self._who, self._inner, self._timeout_s, self._retries = who, inner, timeout_s, retries

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return the answer, read to its end."""
        if own := request_id():
            request.headers[HEADER] = own
        may_repeat = request.method in _IDEMPOTENT or "repeatable" in request.extensions
        why = ""
        try:
            with anyio.fail_after(self._timeout_s):
                for turn in range(1 + self._retries if may_repeat else 1):
                    await anyio.sleep(_PAUSE_S * 2 ** (turn - 1) if turn else 0)
                    try:
                        response = await self._inner.handle_async_request(request)
                        await response.aread()
                    except httpx.RequestError as error:
                        why = str(error) or type(error).__name__
                        continue
                    if not response.is_server_error or _is_problem(response):
                        return response
                    why = f"it answered {response.status_code}"
        except TimeoutError:
            why = f"nothing came within {self._timeout_s:g} s"
        _log.warning("%s does not answer: %s (request %s)", self._who, why, own or "of no one")
        raise Unavailable(f"{self._who} does not answer ({why}). Try again later.")

    async def aclose(self) -> None:
        """Let go of the connections."""
        await self._inner.aclose()


def _is_problem(response: httpx.Response) -> bool:
    kind: str = response.headers.get("content-type", "")
    return kind == "application/problem+json"

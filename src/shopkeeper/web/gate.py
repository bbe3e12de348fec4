"""What a route needs, and whether who asks has it and does not ask too often."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address
from math import ceil
from re import Pattern

from starlette.datastructures import MutableHeaders
from starlette.routing import compile_path
from starlette.types import ASGIApp, Message, Receive, Send
from starlette.types import Scope as Request

from shopkeeper.data.keys import DEFAULT_SHOP, SCOPES, Key, Scope
from shopkeeper.kit.buckets import Buckets
from shopkeeper.kit.signatures import Signature
from shopkeeper.web.errors import problem

GRANT = "shopkeeper.grant"
"""Where a request holds what it was granted, or refused, at the door."""
_RESERVE_S = 10.0


@dataclass(frozen=True, slots=True)
class Signed:
    """What a server of the shop signed: who the customer is."""

    signature: Signature
    secret: bytes = field(repr=False)
    """That of the key it was made with."""

    def names(self, user_id: str) -> bool:
        """Tell whether it is about this customer."""
        return self.signature.vouches(user_id, self.secret)


@dataclass(frozen=True, slots=True)
class Grant:
    """What a request may do, and in which shop."""

    shop: str = DEFAULT_SHOP
    scopes: frozenset[Scope] = frozenset()
    key: Key | None = None
    """None of who needs none."""
    origin: str = ""
    """Whose pages may read the answer."""
    signed: Signed | str = ""
    """Of a page: who its customer is; else why nobody is."""

    @property
    def is_of_page(self) -> bool:
        """Tell whether anybody who reads a page could ask this."""
        return self.key is not None and self.key.kind == "publishable"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request may do nothing but what everybody may."""

    status: int
    code: str
    detail: str
    shop: str = DEFAULT_SHOP
    """Whose operators see it."""


class Needs:
    """What each route needs: nothing at all (None), a scope, or, where a route is not in the table, every scope.

    Pages may ask those that are for them.
    """

    def __init__(
        self, table: Mapping[tuple[str, str], Scope | None], for_pages: Collection[tuple[str, str]] = ()
    ) -> None:
        self._patterns: dict[str, list[tuple[Pattern[str], Scope | None, bool]]] = {}
        for (method, path), scope in table.items():
            route = (compile_path(path)[0], scope, scope is None or (method, path) in for_pages)
            self._patterns.setdefault(method, []).append(route)
        self._plain = {(method, path): self._of(method, path) for method, path in table if "{" not in path}

    def of(self, method: str, path: str) -> tuple[frozenset[Scope], bool]:
        """Return the scopes that a request needs, and whether a page may ask it.

        One that fits several routes needs what all of them need.
        """
        return self._plain.get((method, path)) or self._of(method, path)

    def _of(self, method: str, path: str) -> tuple[frozenset[Scope], bool]:
        patterns = self._patterns.get("GET" if method == "HEAD" else method, ())
        paths = (path, path.rstrip("/")) if path.endswith("/") else (path,)
        fitting = [route for route in patterns for one in paths if route[0].match(one)]
        needed = frozenset(scope for _, scope, _ in fitting if scope) if fitting else SCOPES
        return needed, all(for_pages for _, _, for_pages in fitting)


class Limits:
    """How many requests a second a key may send, and an address with a publishable one."""

    def __init__(self, per_key: float, per_address: float, seconds: Callable[[], float]) -> None:
        self._keys = Buckets(per_key, _RESERVE_S, seconds)
        self._addresses = Buckets(per_address, _RESERVE_S, seconds)

    def wait_s(self, key: Key | None, address: str) -> float:
        """Return 0 for a request that may come now, else the seconds until one may."""
        if key is None:
            return 0.0
        if key.kind == "publishable" and (wait_s := self._addresses.wait_s(_blurred(key.key_id, address))):
            return wait_s
        return self._keys.wait_s(key.key_id)


def _blurred(key_id: str, address: str) -> int:
    """Return a number for a client of a key, from which no address can be read; IPv6 hands out networks of /64."""
    try:
        known = ip_address(address)
    except ValueError:
        return hash((key_id, address))
    return hash((key_id, int(known) >> 64 if isinstance(known, IPv6Address) else int(known)))


class Gate:
    """Middleware that lets through what a request was granted at the door."""

    def __init__(self, app: ASGIApp, needs: Needs, limits: Limits) -> None:
        self._app, self._needs, self._limits = app, needs, limits

    async def __call__(self, scope: Request, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        grant: Grant | Refusal = scope.get(GRANT, Grant())
        answer = send
        if isinstance(grant, Grant) and grant.origin:
            answer = _readable(send, grant.origin)
        client = scope.get("client")
        refused = self._refused(grant, *self._needs.of(scope["method"], scope["path"]), client[0] if client else "")
        await (refused or self._app)(scope, receive, answer)

    def _refused(
        self, grant: Grant | Refusal, needed: frozenset[Scope], for_pages: bool, address: str
    ) -> ASGIApp | None:
        if not needed:
            return None
        if isinstance(grant, Refusal):
            headers = {"WWW-Authenticate": 'Bearer realm="shopkeeper"'} if grant.status == 401 else None
            return problem(grant.status, grant.code, grant.detail, headers)
        if missing := sorted(needed - grant.scopes):
            return problem(403, "missing_scope", f"This needs a key that has {', '.join(missing)}.")
        if grant.is_of_page and not for_pages:
            return problem(403, "not_for_pages", "A publishable key may not ask this: ask from your server.")
        if wait_s := self._limits.wait_s(grant.key, address):
            seconds = ceil(wait_s)
            detail = f"Too many requests with this key: go on in {seconds} s."
            return problem(429, "too_many_requests", detail, {"Retry-After": str(seconds)})
        return None


def _readable(send: Send, origin: str) -> Send:
    """Let the pages of an origin read the answer."""

    async def send_readable(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["Access-Control-Allow-Origin"] = origin
            headers["Access-Control-Expose-Headers"] = "Retry-After, X-Request-Id"
            headers.add_vary_header("Origin")
        await send(message)

    return send_readable

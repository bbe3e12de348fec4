"""Who comes in, and to which shop: the key says so, and nothing else of a request does."""

import hmac
from functools import lru_cache
from ipaddress import ip_address
from typing import Protocol
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Send
from starlette.types import Scope as Request

from shopkeeper.data.keys import DEFAULT_SHOP, SCOPES, SIGNING_SCOPES, Key
from shopkeeper.kit.clock import Clock
from shopkeeper.kit.settle import settle
from shopkeeper.kit.signatures import Signature
from shopkeeper.web.gate import GRANT, Grant, Refusal, Signed

SHOP_HEADER = "X-Shopkeeper-Shop"
"""Which shop a service of this installation asks for; believed only with the installation's own secret."""
SIGNATURE_HEADER = "X-User-Signature"
"""Of the user_id that a page names: made by the shop's server."""
_CREATE = "make one with `shopkeeper keys create`"


class Ring(Protocol):
    """The keys at hand."""

    async def freshen(self) -> None:
        """Read them again where that is due."""

    def find(self, token: str) -> Key | None:
        """Return the key that this is the whole of."""

    def get(self, key_id: str) -> Key | None:
        """Return the key of an id."""

    def is_empty(self) -> bool:
        """Tell whether no key was ever made."""

    def knows(self, origin: str) -> bool:
        """Tell whether some key is bound to the pages of an origin."""


class Rooms(Protocol):
    """The shops of an installation, as applications."""

    async def answer(self, grant: Grant | Refusal, scope: Request, receive: Receive, send: Send) -> None:
        """Have the shop of a grant answer."""

    async def close(self) -> None:
        """Close them all."""


class Door:
    """The ASGI application of an installation: it finds out what a request may do, and leads it to its shop.

    Without any key, and without `internal`, the secret that services of an installation share, who asks from this
    machine may do all in the default shop, if `local`; if `always_open`, everybody may who shows no key.
    """

    def __init__(
        self, ring: Ring, rooms: Rooms, clock: Clock, *, local: bool, always_open: bool = False, internal: str = ""
    ) -> None:
        self._ring, self._rooms, self._clock = ring, rooms, clock
        self._local, self._always_open, self._internal = local, always_open, internal.encode()

    async def __call__(self, scope: Request, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        if scope["type"] != "http":
            return
        await self._ring.freshen()
        headers = Headers(scope=scope)
        if scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            await self._preflight(headers)(scope, receive, send)
            return
        client = scope.get("client")
        grant = scope[GRANT] = self._admitted(headers, client[0] if client else "")
        await self._rooms.answer(grant, scope, receive, send)

    async def close(self) -> None:
        """Close all shops."""
        await self._rooms.close()

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        settle()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.close()
        await send({"type": "lifespan.shutdown.complete"})

    def _admitted(self, headers: Headers, address: str) -> Grant | Refusal:
        token, origin = _token(headers), headers.get("origin", "")
        if self._internal and hmac.compare_digest(token.encode(), self._internal):
            return Grant(headers.get(SHOP_HEADER, DEFAULT_SHOP), SCOPES)
        # Some clients always send a key: before there is any, it means nothing.
        if not token or self._ring.is_empty():
            return self._unknown(headers, address, origin)
        if key := self._ring.find(token):
            return self._of(key, headers, origin)
        return Refusal(401, "unknown_key", f"There is no such key; {_CREATE}.")

    def _of(self, key: Key, headers: Headers, origin: str) -> Grant | Refusal:
        if not key.works(self._clock()):
            ended = "was revoked" if key.revoked_at else "has expired"
            return Refusal(401, "key_ended", f"The key {key.key_id} {ended}; {_CREATE}.", key.shop)
        if key.kind == "secret":
            return Grant(key.shop, key.scopes, key)
        # Browsers send no Origin where a page reads from its own; what they send instead, a page cannot forge.
        if origin in key.origins or (not origin and headers.get("sec-fetch-site") == "same-origin"):
            return Grant(key.shop, key.scopes, key, origin, self._signed(headers.get(SIGNATURE_HEADER, ""), key.shop))
        told = f"and {origin!r} is none of them" if origin else "and this came from no page"
        return Refusal(403, "wrong_origin", f"The key {key.key_id} is for pages of its own origins, {told}.", key.shop)

    def _signed(self, text: str, shop: str) -> Signed | str:
        """Return what a signature says; one allows no more than the key that it was made with."""
        if not text:
            return f"there is no {SIGNATURE_HEADER}"
        if not (signature := Signature.read(text)):
            return f"{SIGNATURE_HEADER} is no signature"
        signer, now = self._ring.get(signature.signer), self._clock()
        if not signer or signer.kind != "secret" or signer.shop != shop or not signer.works(now):
            return "no secret key of this shop that works made its signature"
        if not signer.scopes >= SIGNING_SCOPES:
            return f"the key {signer.key_id}, which made its signature, has not {' and '.join(sorted(SIGNING_SCOPES))}"
        if now.timestamp() >= signature.until:
            return "its signature has expired"
        return Signed(signature, signer.digest)

    def _unknown(self, headers: Headers, address: str, origin: str) -> Grant | Refusal:
        if SHOP_HEADER in headers:
            return Refusal(401, "no_key", "SHOPKEEPER_INTERNAL_SECRET must be the same here and where this came from.")
        if self._always_open:
            return Grant(scopes=SCOPES)
        if not self._local or self._internal or not self._ring.is_empty():
            return Refusal(401, "no_key", "A key is needed, as `Authorization: Bearer sk_...` or `X-API-Key: sk_...`.")
        # The names too: a page elsewhere can have its own name lead to this machine.
        asked = f"http://{headers.get('host', '')}"
        if is_loopback(address) and _is_local(asked) and (not origin or _is_local(origin)):
            return Grant(scopes=SCOPES, origin=origin)
        return Refusal(401, "no_key", f"Without any key only this machine is answered; {_CREATE}.")

    def _preflight(self, headers: Headers) -> Response:
        """Tell a browser whether a page may ask at all; whether it may ask this, its key says later."""
        origin = headers.get("origin", "")
        if not (self._ring.knows(origin) or (self._ring.is_empty() and self._local and _is_local(origin))):
            return Response(status_code=403)
        allowed = {
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Allow-Methods": "GET, POST",
            "Access-Control-Allow-Headers": f"Authorization, Content-Type, X-API-Key, X-Request-Id, {SIGNATURE_HEADER}",
            "Access-Control-Max-Age": "600",
            "Vary": "Origin",
        }
        return Response(status_code=204, headers=allowed)


def _token(headers: Headers) -> str:
    kind, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else headers.get("x-api-key", "")


@lru_cache(maxsize=1000)
def is_loopback(host: str) -> bool:
    """Tell whether an address or name is that of the machine itself."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


@lru_cache(maxsize=1000)
def _is_local(origin: str) -> bool:
    try:
        return is_loopback(urlsplit(origin).hostname or "")
    except ValueError:
        return False

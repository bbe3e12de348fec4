"""Who a request is about, and whether who asks may speak of them."""

import re
from typing import Annotated

from fastapi import Depends, Query, Request
from starlette.types import Scope

from shopkeeper.kit.errors import InvalidInput, NotForPages, NotSigned
from shopkeeper.web.gate import GRANT, Grant, Signed

UserId = Annotated[str | None, Query(max_length=200, description="The customer, when known.")]
VisitorId = Annotated[str | None, Query(max_length=200, description="Else the browser or device.")]

_WEB_VISITOR = re.compile("web-[0-9a-f]{32}")
"""An id that a browser drew by chance; users and visitors share one namespace, and no user is called that."""


def is_web_visitor(visitor_id: str) -> bool:
    """Tell whether an id is one that a page may name without a signature."""
    return _WEB_VISITOR.fullmatch(visitor_id) is not None


def is_refused(scope: Scope) -> bool:
    """Tell whether a request says by Global Privacy Control that its person allows nothing."""
    return (b"sec-gpc", b"1") in scope.get("headers", ())


class Asker:
    """Who asks: a page, which anybody can read and copy, or somebody who knows a secret."""

    def __init__(self, request: Request) -> None:
        """Take what was granted at the door."""
        self._grant: Grant = request.scope.get(GRANT, Grant())
        self.refuses = is_refused(request.scope)
        """Whether the browser says that its user allows nothing."""

    @property
    def is_page(self) -> bool:
        """Tell whether it is a page."""
        return self._grant.is_of_page

    def check(self, user_id: str | None, *visitor_ids: str | None) -> None:
        """Let a page speak of its own visitor only, and of the user whom the shop's server signed; others of anybody.

        NotSigned, NotForPages.
        """
        if not self.is_page:
            return
        signed = self._grant.signed
        if user_id and not (isinstance(signed, Signed) and signed.names(user_id)):
            why = signed if isinstance(signed, str) else "its signature is of another user_id"
            raise NotSigned(
                f"A page may name a user_id only with the shop's signature of it, and {why}. Sign it on your server "
                "(docs/how-to/keys-and-shops.md), or send the visitor_id alone."
            )
        for visitor_id in visitor_ids:
            if visitor_id and not is_web_visitor(visitor_id):
                raise NotForPages(
                    f"{visitor_id!r} is no visitor that a page may name: `web-` and 32 hexadecimal digits drawn by "
                    "chance, as shopkeeper.js does it."
                )


Asking = Annotated[Asker, Depends(Asker)]


async def shopper_id(asker: Asking, user_id: UserId = None, visitor_id: VisitorId = None) -> str:
    """Return the person as far as the shop knows: the user when known, else the visitor."""
    asker.check(user_id, visitor_id)
    if not (known := user_id or visitor_id):
        raise InvalidInput("user_id or visitor_id is needed: whom is this about?")
    return known


ShopperId = Annotated[str, Depends(shopper_id)]

"""Who a request is about."""

from typing import Annotated

from fastapi import Depends, Query

from shopkeeper.kit.errors import InvalidInput

UserId = Annotated[str | None, Query(max_length=200, description="The customer, when known.")]
VisitorId = Annotated[str | None, Query(max_length=200, description="Else the browser or device.")]


async def shopper_id(user_id: UserId = None, visitor_id: VisitorId = None) -> str:
    """Return the person as far as the shop knows: the user when known, else the visitor."""
    if not (known := user_id or visitor_id):
        raise InvalidInput("user_id or visitor_id is needed: whom is this about?")
    return known


ShopperId = Annotated[str, Depends(shopper_id)]

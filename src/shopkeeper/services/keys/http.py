"""The keys' routes."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from shopkeeper.kit.errors import NotAllowed
from shopkeeper.ports import OffLoop
from shopkeeper.services.keys.contract import KeyMade, KeyRequest, KeysTold, KeyTold, RotateRequest
from shopkeeper.services.keys.managed import ManagedKeys
from shopkeeper.services.keys.service import KeyService, NewKey
from shopkeeper.web.errors import PROBLEMS
from shopkeeper.web.gate import GRANT, Grant


def create_router(keys: KeyService, off_loop: OffLoop) -> APIRouter:
    """Return the routes over the keys of an installation; each request sees those of its own shop."""
    router = APIRouter(prefix="/v1/keys", tags=["keys"], responses=PROBLEMS)

    def managed(request: Request) -> ManagedKeys:
        grant: Grant = request.scope.get(GRANT, Grant())
        if grant.key is None:
            raise NotAllowed("Keys are managed with a key; `shopkeeper keys create` makes the first one.")
        return ManagedKeys(keys, grant.key)

    Managed = Annotated[ManagedKeys, Depends(managed)]  # noqa: N806 - a type

    @router.get("")
    async def list_keys(own: Managed) -> KeysTold:
        """Return the keys of the shop, without what would let anybody use them."""
        return KeysTold(keys=list(map(KeyTold.of, await off_loop(own.all))))

    @router.post("", status_code=201)
    async def create_key(own: Managed, request: KeyRequest, response: Response) -> KeyMade:
        """Make a key that may do no more than the one you ask with, and tell it, this once."""
        return _made(await off_loop(lambda: own.create(request)), response)

    @router.post("/{key_id}/rotate", status_code=201)
    async def rotate_key(own: Managed, key_id: str, request: RotateRequest, response: Response) -> KeyMade:
        """Make a key that may do what another may, which works on for some hours."""
        return _made(await off_loop(lambda: own.rotate(key_id, timedelta(hours=request.hours))), response)

    @router.delete("/{key_id}")
    async def revoke_key(own: Managed, key_id: str) -> KeyTold:
        """Let a key work no longer; running processes know within a second. Again is harmless."""
        return KeyTold.of(await off_loop(lambda: own.revoke(key_id)))

    return router


def _made(new: NewKey, response: Response) -> KeyMade:
    response.headers["Cache-Control"] = "no-store"
    return KeyMade(token=new.token.get_secret_value(), key=KeyTold.of(new.key))

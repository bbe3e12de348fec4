"""The script for a shop's pages."""

import gzip
import re
from hashlib import sha256
from importlib.resources import files

from fastapi import APIRouter, Request, Response

PATH = "/shopkeeper.js"
_COMMENTS = re.compile(rb"^ *(//|/\*\*).*\n", re.MULTILINE)
"""Lines that hold nothing else."""


def create_router() -> APIRouter:
    """Return the route of the script; it is read, rid of its comments and compressed once, here."""
    plain = _COMMENTS.sub(b"", files(__package__).joinpath("shopkeeper.js").read_bytes())
    bodies = {"": plain, "gzip": gzip.compress(plain, mtime=0)}
    etag = f'W/"{sha256(plain).hexdigest()[:16]}"'
    headers = {
        "Cache-Control": "public, max-age=3600",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "ETag": etag,
        "Vary": "Accept-Encoding",
        "X-Content-Type-Options": "nosniff",
    }
    router = APIRouter(include_in_schema=False)

    @router.get(PATH)
    async def send_script(request: Request) -> Response:
        if request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers=headers)
        encoding = "gzip" if "gzip" in request.headers.get("accept-encoding", "") else ""
        told = headers | ({"Content-Encoding": encoding} if encoding else {})
        return Response(bodies[encoding], media_type="text/javascript", headers=told)

    return router

"""The pages and their files; everything they show comes from the JSON API."""

from collections.abc import Callable
from hashlib import sha256
from importlib.resources import files
from mimetypes import guess_type

from fastapi import APIRouter, Request, Response
from jinja2 import Environment, PackageLoader, StrictUndefined

# Product photographs may live anywhere the merchant keeps them; all else comes from here, and nothing is inline.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_PAGE_HEADERS = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": _POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_ASSET_HEADERS = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}


def create_router() -> APIRouter:
    """Return the routes of the pages; their files are read once, here."""
    assets = {entry.name: entry.read_bytes() for entry in files(__package__).joinpath("static").iterdir()}
    # A file's address changes with its content, so browsers may keep it for good.
    digest = sha256(b"".join(name.encode() + assets[name] for name in sorted(assets))).hexdigest()[:16]
    templates = Environment(loader=PackageLoader(__package__), autoescape=True, undefined=StrictUndefined)
    router = APIRouter(include_in_schema=False)
    for path, name in (("/", "page.html"), ("/reviews", "reviews.html")):
        page = templates.get_template(name).render(assets=f"static/{digest}").encode()
        router.add_api_route(path, _shown(page), methods=["GET"])

    @router.get("/static/{version}/{name}")
    async def send_asset(version: str, name: str) -> Response:
        if version != digest or name not in assets:
            return Response(status_code=404)
        return Response(assets[name], media_type=guess_type(name)[0], headers=_ASSET_HEADERS)

    return router


def _shown(page: bytes) -> Callable[[Request], Response]:
    etag = f'"{sha256(page).hexdigest()[:16]}"'

    def show_page(request: Request) -> Response:
        headers = {**_PAGE_HEADERS, "ETag": etag}
        if request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers=headers)
        return Response(page, media_type="text/html; charset=utf-8", headers=headers)

    return show_page

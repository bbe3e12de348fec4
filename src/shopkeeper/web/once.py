"""The key under which a request is made, so that it is done once however often it comes."""

import re
from typing import Annotated

from fastapi import Depends, Header, Request

from shopkeeper.kit.errors import InvalidInput

_HEADER, _FORM = "Idempotency-Key", r"[\x21-\x7e]{1,200}"
_ABOUT = "The same again with the same body gets the same answer, and nothing is done twice."


class Once:
    """What a request says of itself."""

    def __init__(
        self,
        request: Request,
        told: Annotated[str | None, Header(alias=_HEADER, pattern=f"^{_FORM}$", description=_ABOUT)] = None,
    ) -> None:
        """Take the key of a request; `told` is the same, where a description is made or checked."""
        self.key = request.headers.get(_HEADER, told)
        if self.key is not None and not re.fullmatch(_FORM, self.key):
            raise InvalidInput(f"{_HEADER}: up to 200 signs of ASCII, without spaces, are needed.")


UnderKey = Annotated[Once, Depends(Once)]

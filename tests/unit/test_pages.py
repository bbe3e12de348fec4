import zlib
from base64 import urlsafe_b64encode

import pytest

from shopkeeper.kit.errors import InvalidInput
from shopkeeper.services.recommendations.contract import RecommendRequest
from shopkeeper.services.recommendations.pages import opened, token


def test_a_token_holds_what_was_asked_and_what_was_shown() -> None:
    first = RecommendRequest(visitor_id="v", filter="price < 5", n=3)
    told, shown = opened(RecommendRequest(next=token(first, ["a", "é/b"])))
    assert (told, shown) == (first, ["a", "é/b"])


def test_a_page_may_have_a_length_of_its_own() -> None:
    told, _ = opened(RecommendRequest(next=token(RecommendRequest(n=3), []), n=7))
    assert told.n == 7


def folded(text: bytes) -> str:
    return urlsafe_b64encode(zlib.compress(text)).decode()


@pytest.mark.parametrize(
    "made_up",
    [
        "nothing",
        folded(b"[]"),
        folded(b'[{"filter": "pric"}, []]'),
        folded(b"[{}, [5]]"),
        folded(b"[" * 100_000),
        folded(b" " * 50_000_000 + b"[{}, []]"),
    ],
    ids=["no token", "nothing", "bad filter", "no ids", "deep", "a bomb"],
)
def test_a_made_up_token_is_refused(made_up: str) -> None:
    with pytest.raises(InvalidInput, match="next is not what an answer gave"):
        opened(RecommendRequest(next=made_up))

from collections.abc import Iterator

import numpy as np
import pytest

from shopkeeper.adapters.llm import AddressEncoder, Endpoint
from shopkeeper.kit.errors import InvalidInput, Unavailable
from shopkeeper.testing.llm_server import LlmServer, vector
from tests.serving import serving


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving(LlmServer().app) as url:
        yield f"{url}/v1"


def test_each_text_has_its_own_vector_of_length_one(url: str) -> None:
    texts = [f"mug {k}" for k in range(150)]
    found = AddressEncoder(Endpoint(url, "vectors")).encode(texts)
    wanted = np.array([vector(text) for text in texts])
    np.testing.assert_allclose(found, wanted / np.linalg.norm(wanted, axis=1, keepdims=True), atol=1e-6)
    assert found.dtype == np.float32


def test_an_empty_text_has_none(url: str) -> None:
    found = AddressEncoder(Endpoint(url, "vectors")).encode(["", "mug", " "])
    assert found.any(axis=1).tolist() == [False, True, False]
    assert AddressEncoder(Endpoint(url, "vectors")).encode([]).shape == (0, 0)


def test_its_name_tells_models_and_addresses_apart(url: str) -> None:
    names = {AddressEncoder(Endpoint(at, model)).name for at in (url, "http://b/v1") for model in ("x", "y")}
    assert len(names) == 4


def test_vectors_of_several_lengths_are_an_error(url: str) -> None:
    with pytest.raises(InvalidInput, match="vectors of several lengths"):
        AddressEncoder(Endpoint(url, "uneven vectors")).encode([f"mug {k}" for k in range(65)])


def test_an_unknown_model_is_an_error(url: str) -> None:
    with pytest.raises(InvalidInput, match="has no such model"):
        AddressEncoder(Endpoint(url, "nobody")).encode(["mug"])


def test_nobody_there_is_an_error() -> None:
    with pytest.raises(Unavailable, match="cannot be reached"):
        AddressEncoder(Endpoint("http://127.0.0.1:1/v1", "vectors")).encode(["mug"])


def test_what_it_does_not_know_cannot_be_told(url: str) -> None:
    assert AddressEncoder(Endpoint(url, "vectors")).unknown_share(["mug"]) == 0.0

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.data.vocabulary import Vocabulary
from shopkeeper.kit.errors import InvalidInput


def test_the_place_is_the_inside_id() -> None:
    assert Vocabulary(["b", "a"]).indices(["a", "b", "x"]).tolist() == [1, 0, -1]


def test_ids_are_distinct() -> None:
    with pytest.raises(InvalidInput, match="distinct"):
        Vocabulary(["a", "a"])


@given(st.lists(st.text(st.characters(codec="utf-8")), unique=True))
def test_survives_being_stored(ids: list[str]) -> None:
    assert Vocabulary.from_state("users", Vocabulary(ids).state("users")) == Vocabulary(ids)

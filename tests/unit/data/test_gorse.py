import pytest

from shopkeeper.data.events import EventType
from shopkeeper.data.gorse import feedback_words, read_labels
from shopkeeper.kit.errors import InvalidInput, UnknownName


def test_a_shops_own_words_come_before_the_usual_ones() -> None:
    words = feedback_words(" Star = purchase,hate=ignore,")
    assert (words["star"], words["hate"], words["like"]) == (EventType.PURCHASE, None, EventType.FAVORITE)


@pytest.mark.parametrize("own", ["star", "star=", "=view"])
def test_a_word_without_a_meaning_is_named(own: str) -> None:
    with pytest.raises(InvalidInput, match=f"'{own}' is not NAME=TYPE"):
        feedback_words(own)


def test_a_meaning_that_is_no_type_is_named() -> None:
    with pytest.raises(UnknownName, match="event type 'favourit'; did you mean favorite"):
        feedback_words("star=favourit")


@pytest.mark.parametrize(
    ("given", "tags", "attributes", "lost"),
    [
        (None, [], {}, []),
        ("a", ["a"], {}, []),
        (["a", 1], ["a"], {}, ["Labels"]),
        (["a"] * 1001, ["a"] * 1000, {}, ["Labels"]),
        ({"a": {"b": ["x"], "c": True}, "d": 1.5, "e": None}, [], {"a.b": ("x",), "a.c": True, "d": 1.5}, []),
        ({"v": [1, 2], "": "x", "long": "x" * 1001}, [], {}, ["v", "", "long"]),
        ({"big": 10**400, "no": float("nan"), "inf": float("inf")}, [], {}, ["big", "no", "inf"]),
    ],
)
def test_labels_are_tags_or_attributes_or_lost(
    given: object, tags: list[str], attributes: dict[str, object], lost: list[str]
) -> None:
    labels = read_labels(given)
    assert (labels.tags, labels.attributes) == (tags, attributes)
    assert labels.lost == [name if name == "Labels" else f"Labels.{name}" for name in lost]


def test_there_is_room_for_so_many_attributes() -> None:
    labels = read_labels({f"a{number}": number for number in range(101)})
    assert (len(labels.attributes), labels.lost) == (100, ["Labels.a100"])

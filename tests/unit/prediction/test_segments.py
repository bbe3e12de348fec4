"""Segments: who is in one, and what is wrong with one that cannot be used."""

from pathlib import Path

import numpy as np
import pytest

from shopkeeper.adapters.prediction_files import FilePredictions, FileSegments
from shopkeeper.data.events import EventType
from shopkeeper.kit.clock import to_us
from shopkeeper.kit.errors import InvalidInput, UnknownName
from shopkeeper.prediction.outlook import Score
from shopkeeper.prediction.segments import People, Segment, Segments
from tests.unit.prediction.shops import day, shop, told

PREDICTIONS = {name: FilePredictions(Path("nowhere")).get(name) for name in ("churn", "value_90d", "next_category")}
NOW = day(200)


def people() -> People:
    """Return six people, of whom the first two may leave, the second is worth most, and the last is silent."""
    log = shop(n_users=6)
    users = np.unique(log.user_idx[log.at <= to_us(NOW)])
    made = People(log, users, told(log).category_of, to_us(NOW))
    says = {
        "churn": [0.9, 0.8, 0.1, 0.2, 0.3, None],
        "value_90d": [100.0, 9000.0, 8000.0, 10.0, 20.0, None],
        "next_category": [0.5] * 5 + [None],
    }
    for name, values in says.items():
        texts = (
            ["Books", "Games", "Books", "Games", "Books", "nothing is known"] if name == "next_category" else [""] * 6
        )
        scores = [Score("u", value, text, (), "v", NOW) for value, text in zip(values, texts, strict=True)]
        made.tell(name, PREDICTIONS[name], scores)
    return made


def of(where: str, **others: str) -> list[int]:
    segments = {name: Segment(about="a", where=text) for name, text in {"asked": where, **others}.items()}
    return np.flatnonzero(Segments(segments, PREDICTIONS).of("asked", people())).tolist()


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("churn > 0.7 and value_90d > 5000", [1]),
        ("churn > 0.7 or value_90d > 5000", [0, 1, 2]),
        ("missing(churn)", [5]),
        ("churn > 2 * 0.4 - 0.1", [0, 1]),
        ('next_category == "Games"', [1, 3]),
        ('next_category in ["Books", "Music"] and not churn > 0.5', [2, 4]),
        ("purchases >= 0 and days_since_event >= 0 and spent >= 0", [0, 1, 2, 3, 4, 5]),
        ("days_since_event > 100", [2, 5]),  # who fell silent after 60 days
    ],
)
def test_an_expression_says_who_is_in(where: str, expected: list[int]) -> None:
    assert of(where) == expected


def test_a_segment_may_refer_to_others_and_needs_what_they_need() -> None:
    others = {"leaving": "churn > 0.7", "rich": "value_90d > 5000", "unloved": "leaving and not rich"}
    assert of("unloved or (rich and not leaving)", **others) == [0, 2]
    segments = {name: Segment(about="a", where=where) for name, where in others.items()}
    assert Segments(segments, PREDICTIONS).needed("unloved") == {"churn", "value_90d"}


def test_facts_are_what_the_log_says() -> None:
    log, made = shop(n_users=6), people()
    bought = log.user_idx[(log.at <= to_us(NOW)) & (log.type == EventType.PURCHASE)]
    assert made.numbers("purchases").tolist() == np.bincount(bought, minlength=6).tolist()
    assert made.numbers("spent").tolist() == (1500 * np.bincount(bought, minlength=6)).tolist()


@pytest.mark.parametrize(
    ("where", "others", "why"),
    [
        ("asked", {}, "asked refers to itself: asked -> asked"),
        ("b", {"b": "c and churn > 1", "c": "asked"}, "asked refers to itself: asked -> b -> c -> asked"),
        ("chrun > 0.7", {}, "The segment asked cannot be used: character 1: there is no field 'chrun'; .* churn"),
        ("b", {"b": "value_9d > 1"}, "The segment b cannot be used: .* value_90d"),
        ("price > 1", {}, "there is no field 'price'"),
        ("churn", {}, "the whole is a number; expected a test"),
        ("churn > ", {}, "expected a field"),
        ('"a" in attribute("colour")', {}, "expected one of the functions missing, min, max"),
    ],
)
def test_what_cannot_be_used_says_why(where: str, others: dict[str, str], why: str) -> None:
    with pytest.raises(InvalidInput, match=why):
        of(where, **others)


def test_a_name_means_one_thing() -> None:
    with pytest.raises(InvalidInput, match="churn is called as something that segments are made of"):
        Segments({"churn": Segment(about="a", where="spent > 1")}, PREDICTIONS).needed("churn")


def test_files_are_read_as_they_are_now(tmp_path: Path) -> None:
    segments = FileSegments(tmp_path)
    assert segments.names() == []
    (tmp_path / "vip.toml").write_text('about = "The best"\nwhere = "spent > 1"\n')
    assert (segments.names(), segments.get("vip").where) == (["vip"], "spent > 1")
    (tmp_path / "vip.toml").write_text('about = "The best"\nwher = "spent > 1"\n')
    with pytest.raises(InvalidInput, match=r"The segment vip cannot be used: where: Field required"):
        segments.get("vip")
    with pytest.raises(UnknownName, match="did you mean vip"):
        segments.get("vips")

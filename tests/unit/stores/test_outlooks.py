"""Learned predictions in files: the same numbers again, or a sentence."""

import json
from dataclasses import replace
from pathlib import Path
from zipfile import ZipFile

import pytest

from shopkeeper.adapters.outlook_files import FileOutlooks
from shopkeeper.kit.errors import IncompatibleVersion, NotFitted, TooLittle
from shopkeeper.testing.contract_suite import NOW
from tests.contracts.learned import PREDICTIONS, saved, scores, scores_by, told_for


@pytest.mark.parametrize("name", PREDICTIONS.names())
def test_what_is_read_back_says_the_same_to_the_last_digit(tmp_path: Path, name: str) -> None:
    prediction, one = PREDICTIONS.get(name), saved(name)
    FileOutlooks(tmp_path).save(one)
    again = FileOutlooks(tmp_path).load(name, prediction)
    assert scores_by(again.outlook, name) == list(scores(name).values())
    assert (again.name, again.prediction, again.fitted_at, again.fingerprint) == (
        name,
        one.prediction,
        NOW,
        told_for(name).fingerprint(),
    )
    assert again.outlook.metrics == one.outlook.metrics
    assert again.outlook.metrics


def test_a_newer_one_is_served_at_once(tmp_path: Path) -> None:
    store, prediction, old = FileOutlooks(tmp_path), PREDICTIONS.get("next_category"), saved("next_category")
    store.save(old)
    first = store.load("next_category", prediction)
    assert store.load("next_category", prediction) is first
    FileOutlooks(tmp_path).save(replace(old, outlook=replace(old.outlook, version="new")))
    assert store.load("next_category", prediction).outlook.version == "new"


def test_another_definition_is_not_answered_for(tmp_path: Path) -> None:
    store, prediction = FileOutlooks(tmp_path), PREDICTIONS.get("purchase_7d")
    store.save(saved("purchase_7d"))
    assert store.load("purchase_7d", prediction.model_copy(update={"about": "In other words"}))
    with pytest.raises(NotFitted, match=r"was defined otherwise .* shopkeeper fit --prediction purchase_7d"):
        store.load("purchase_7d", prediction.model_copy(update={"horizon_days": 14}))


def test_what_was_never_learned_is_said_with_why(tmp_path: Path) -> None:
    store, prediction = FileOutlooks(tmp_path), PREDICTIONS.get("next_category")
    with pytest.raises(NotFitted, match="shopkeeper fit --prediction next_category"):
        store.load("next_category", prediction)
    store.refuse("next_category", "There are 3 steps.")
    with pytest.raises(TooLittle, match="next_category: There are 3 steps"):
        store.load("next_category", prediction)
    store.save(saved("next_category"))
    store.refuse("next_category", "There are 2 steps.")
    assert store.load("next_category", prediction).outlook.version == saved("next_category").outlook.version


@pytest.mark.parametrize("name", ["purchase_7d", "next_category", "next_event"])
def test_a_damaged_file_is_told_or_harmless(tmp_path: Path, name: str) -> None:
    FileOutlooks(tmp_path).save(saved(name))
    file, prediction = tmp_path / f"{name}.zip", PREDICTIONS.get(name)
    whole, n_told = file.read_bytes(), 0
    places = [*range(0, len(whole), len(whole) // 150), *range(len(whole) - 120, len(whole))]
    for content in (
        *(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :] for place in places),
        whole[: len(whole) // 2],
        b"",
    ):
        file.write_bytes(content)
        try:
            again = FileOutlooks(tmp_path).load(name, prediction)
        except IncompatibleVersion as error:
            n_told += 1
            assert str(file) in str(error)
            assert f"shopkeeper fit --prediction {name}" in str(error)
        else:
            assert scores_by(again.outlook, name, 20) == list(scores(name).values())[:20]
    assert n_told > 100


def edited(file: Path, **changes: object) -> None:
    with ZipFile(file) as old:
        parts = {entry: old.read(entry) for entry in old.namelist()}
    parts["manifest.json"] = json.dumps(json.loads(parts["manifest.json"]) | changes).encode()
    with ZipFile(file, "w") as new:
        for entry, content in parts.items():
            new.writestr(entry, content)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"format": 2}, "it is of format 2, this Shopkeeper reads 1"),
        ({"prediction": {"model": "oracle"}}, "none of Shopkeeper's"),
        ({"as_of": "long ago"}, "none of Shopkeeper's"),
        (
            {"prediction": {"about": "a", "not_for": "b", "model": "churn"}},
            "none of Shopkeeper's",
        ),
    ],
)
def test_a_foreign_file_says_what_it_is(tmp_path: Path, changes: dict[str, object], why: str) -> None:
    FileOutlooks(tmp_path).save(saved("next_category"))
    edited(tmp_path / "next_category.zip", **changes)
    with pytest.raises(IncompatibleVersion, match=why):
        FileOutlooks(tmp_path).load("next_category", PREDICTIONS.get("next_category"))

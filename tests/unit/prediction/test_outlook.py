"""Predictions from definition to score, on a shop whose rules are known."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from shopkeeper.adapters.prediction_files import FilePredictions
from shopkeeper.data.events import EventType
from shopkeeper.kit.clock import to_us
from shopkeeper.kit.errors import InvalidInput, TooLittle, UnknownName
from shopkeeper.prediction.behaviour import Behaviour
from shopkeeper.prediction.forecasts import slice_at
from shopkeeper.prediction.outlook import Outlook
from shopkeeper.prediction.quality import Quality
from tests.unit.prediction.shops import CATEGORIES, day, otherwise_after, shop, told

PREDICTIONS = FilePredictions(Path("nowhere"))
NOW = day(200)


@pytest.fixture(scope="module")
def known() -> Behaviour:
    return told(shop())


@pytest.mark.parametrize("name", PREDICTIONS.names())
def test_every_prediction_says_from_what_it_is_and_knows_nothing_that_came_later(name: str, known: Behaviour) -> None:
    prediction, shoppers = PREDICTIONS.get(name), [f"u{number:05}" for number in range(0, 300, 7)]
    scores = Outlook.fit(prediction, known, NOW).scores(known, shoppers, NOW)
    other = told(otherwise_after(known.log, NOW))
    assert Outlook.fit(prediction, other, NOW).scores(other, shoppers, NOW) == scores
    assert {(len(score.version), score.as_of) for score in scores} == {(12, NOW)}
    assert [score.shopper_id for score in scores] == shoppers
    said = [score for score in scores if score.value is not None]
    assert len(said) > 20
    assert all(score.reasons for score in said)
    earlier = Outlook.fit(prediction, known, NOW - timedelta(days=10)).scores(known, shoppers, NOW)
    assert earlier[0].version != scores[0].version


@pytest.mark.parametrize("name", PREDICTIONS.names())
def test_one_shopper_gets_what_all_get_together(name: str, known: Behaviour) -> None:
    outlook, shoppers = Outlook.fit(PREDICTIONS.get(name), known, NOW), ["u00000", "u00001", "u00002", "u00003"]
    together = outlook.scores(known, shoppers, NOW)
    assert [outlook.scores(known, [shopper], NOW)[0] for shopper in shoppers] == together
    without = outlook.scores(known, shoppers, NOW, why=False)
    assert [score.value for score in without] == [score.value for score in together]


def test_purchases_are_foreseen_and_the_probability_is_one(known: Behaviour) -> None:
    prediction = PREDICTIONS.get("purchase_7d")
    outlook = Outlook.fit(prediction, known, NOW)
    shoppers = list(known.log.users)
    scores = outlook.scores(known, shoppers, NOW, why=False)
    p = np.array([score.value for score in scores], float)  # None becomes NaN
    assert {score.text for score in scores if score.value is None} == {
        "did nothing in the 90 days before; of such nothing was learned"
    }
    came = (known.log.at > to_us(NOW)) & (known.log.at <= to_us(NOW) + 7 * 86_400_000_000)
    bought = np.isin(np.arange(len(shoppers)), known.log.user_idx[came & (known.log.type == EventType.PURCHASE)])
    is_told = ~np.isnan(p)
    quality = Quality.of(p[is_told], bought[is_told])
    assert quality.auc > 0.7
    assert quality.ece < 0.08


def test_what_was_measured_is_kept_with_what_was_learned(known: Behaviour) -> None:
    prediction = PREDICTIONS.get("purchase_7d")
    outlook = Outlook.fit(prediction, known, NOW)
    assert outlook.measured is not None
    assert outlook.measured.ece == outlook.metrics["ECE"] < 0.08
    state, version = outlook.forecast.state(), outlook.version
    restored = Outlook.from_state(prediction, state, version=version, as_of=NOW, metrics=outlook.metrics)
    assert restored.measured == outlook.measured
    assert Outlook.fit(PREDICTIONS.get("value_90d"), known, NOW).measured is None


def test_who_fell_silent_has_left_and_is_worth_little(known: Behaviour) -> None:
    shoppers = [f"u{number:05}" for number in range(300)]
    churn, value = (
        np.array([score.value for score in Outlook.fit(PREDICTIONS.get(name), known, NOW).scores(known, shoppers, NOW)])
        for name in ("churn", "value_90d")
    )
    told_of = np.array([value is not None for value in churn])
    silent = (np.arange(300) % 3 == 2) & told_of
    weekly = (np.arange(300) % 3 == 0) & told_of
    assert churn[silent].astype(float).mean() > 0.85
    assert churn[weekly].astype(float).mean() < 0.15
    assert value[weekly].astype(float).mean() == pytest.approx(90 / 7 * 0.6 * 1500, rel=0.4)
    assert value[silent].astype(float).mean() < 500


def test_the_next_category_is_the_one_in_turn(known: Behaviour) -> None:
    shoppers = [f"u{number:05}" for number in range(300)]
    scores = Outlook.fit(PREDICTIONS.get("next_category"), known, NOW).scores(known, shoppers, NOW)
    in_turn = dict(zip(CATEGORIES, (*CATEGORIES[1:], CATEGORIES[0]), strict=True))
    assert (
        np.mean([score.text == in_turn[score.reasons[0].removeprefix("the newest category is ")] for score in scores])
        > 0.9
    )


def test_below_500_positives_nothing_is_said() -> None:
    small = told(shop(n_users=20))
    for name in PREDICTIONS.names():
        if name != "next_category":
            with pytest.raises(TooLittle, match=r"below (500|50) nothing is said"):
                Outlook.fit(PREDICTIONS.get(name), small, NOW)
    with pytest.raises(TooLittle, match=r"There are .* steps .* below 500"):
        Outlook.fit(PREDICTIONS.get("next_category"), told(shop(n_users=5)), NOW)
    with pytest.raises(TooLittle, match="No product of the log has a category"):
        Outlook.fit(PREDICTIONS.get("next_category"), Behaviour.of(shop(n_users=5), {}), NOW)


def test_times_without_ground_are_refused(known: Behaviour) -> None:
    prediction = PREDICTIONS.get("purchase_30d")
    with pytest.raises(InvalidInput, match="Nothing had happened by 2025-01-01"):
        Outlook.fit(prediction, known, datetime(2025, 1, 1, tzinfo=UTC))
    with pytest.raises(InvalidInput, match="Nothing had happened"):
        Outlook.fit(prediction, told(shop(n_users=0)), NOW)
    with pytest.raises(TooLittle, match="less than three times 30 days"):
        Outlook.fit(prediction, known, day(55))
    with pytest.raises(InvalidInput, match="not known yet"):
        slice_at(prediction, known, known.log, to_us(day(230)))
    with pytest.raises(InvalidInput, match="learn it as of"):
        Outlook.fit(PREDICTIONS.get("churn"), known, NOW).scores(known, ["u00000"], day(100))


def test_of_whom_nothing_is_known_nothing_is_said(known: Behaviour) -> None:
    for name in ("purchase_7d", "churn", "next_category"):
        outlook = Outlook.fit(PREDICTIONS.get(name), known, NOW)
        assert [score.value for score in outlook.scores(known, ["nobody"], NOW)] == [None]
        assert outlook.scores(known, ["nobody"], NOW)[0].text == "nothing is known of this shopper by then"
        assert outlook.scores(known, [], NOW) == []


def test_a_merchant_adds_a_prediction_in_a_file(tmp_path: Path, known: Behaviour) -> None:
    own = 'about = "A look in 14 days"\nnot_for = "prices"\nmodel = "trees"\nlabel = "view"\nhorizon_days = 14\n'
    (tmp_path / "look_14d.toml").write_text(own)
    predictions = FilePredictions(tmp_path)
    assert set(predictions.names()) == {*PREDICTIONS.names(), "look_14d"}
    (score,) = Outlook.fit(predictions.get("look_14d"), known, NOW).scores(known, ["u00000"], NOW)
    assert score.value is not None
    assert score.value > 0.6


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("about = 1 2", "cannot be used"),
        ('about = "a"\nnot_for = "b"\nmodel = "oracle"', "model: Input should be 'trees'"),
        ('about = "a"\nmodel = "churn"', "not_for: Field required"),
        ('about = "a"\nnot_for = "b"\nmodel = "trees"\nlabel = "purchase"', "trees need a label and horizon_days"),
        ('about = "a"\nnot_for = "b"\nmodel = "value"', "value needs horizon_days"),
        ('about = "a"\nnot_for = "b"\nmodel = "trees"\nlabel = "buy"\nhorizon_days = 7', "label: buy is no event type"),
        ('about = "a"\nnot_for = "b"\nmodel = "churn"\nhorizon = 7', "horizon: Extra inputs .* known: about, not_for"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "own.toml").write_text(text)
    with pytest.raises(
        InvalidInput, match=f"The prediction own cannot be used: .*{why}" if why != "cannot be used" else why
    ):
        FilePredictions(tmp_path).get("own")


def test_a_name_that_is_none_is_refused() -> None:
    with pytest.raises(UnknownName, match="did you mean purchase_7d"):
        PREDICTIONS.get("purchase7d")
    with pytest.raises(UnknownName):
        PREDICTIONS.get("../secrets")

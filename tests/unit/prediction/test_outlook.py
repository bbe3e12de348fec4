"""Predictions from definition to score, on a shop whose rules are known."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from shopkeeper.adapters.prediction_files import FilePredictions
from shopkeeper.data.events import EventType
from shopkeeper.kit.clock import to_us
from shopkeeper.kit.errors import InvalidInput, TooLittle, UnknownName
from shopkeeper.prediction.behaviour import Behaviour
from shopkeeper.prediction.definition import Prediction
from shopkeeper.prediction.outlook import Outlook, Score
from shopkeeper.prediction.quality import Quality
from shopkeeper.prediction.visitors import slice_at
from tests.unit.prediction.shops import CATEGORIES, EVENING, day, otherwise_after, shop, told, visits

PREDICTIONS = FilePredictions(Path("nowhere"))
NOW = day(200)


@pytest.fixture(scope="module")
def known() -> Behaviour:
    return told(shop())


@pytest.fixture(scope="module")
def visited() -> Behaviour:
    return told(visits())


@dataclass(frozen=True)
class Case:
    """A prediction, and a shop, a moment and shoppers about whom it says something."""

    prediction: Prediction
    told: Behaviour
    now: datetime
    shoppers: list[str]
    items: list[str] | None = None

    def scores(self, outlook: Outlook, told: Behaviour, few: slice = slice(None), *, why: bool = True) -> list[Score]:
        items = None if self.items is None else self.items[few]
        return outlook.scores(told, self.shoppers[few], self.now, items=items, why=why)


@pytest.fixture(params=PREDICTIONS.names())
def case(request: pytest.FixtureRequest, known: Behaviour, visited: Behaviour) -> Case:
    prediction = PREDICTIONS.get(request.param)
    shoppers = list(visited.log.users)[:400]
    if prediction.entity == "shown":
        return Case(prediction, visited, EVENING, shoppers[:40], [f"i{number % 9}" for number in range(40)])
    if prediction.entity == "session":
        return Case(prediction, visited, EVENING, shoppers)
    return Case(prediction, known, NOW, [f"u{number:05}" for number in range(0, 300, 7)])


def test_every_prediction_says_from_what_it_is_and_knows_nothing_that_came_later(case: Case) -> None:
    scores = case.scores(Outlook.fit(case.prediction, case.told, case.now), case.told)
    other = told(otherwise_after(case.told.log, case.now))
    assert case.scores(Outlook.fit(case.prediction, other, case.now), other) == scores
    assert {(len(score.version), score.as_of) for score in scores} == {(12, case.now)}
    assert [score.shopper_id for score in scores] == case.shoppers
    said = [score for score in scores if score.value is not None]
    assert len(said) > 20
    assert all(score.reasons for score in said)
    before = Outlook.fit(case.prediction, case.told, case.now - timedelta(days=10))
    assert case.scores(before, case.told)[0].version != scores[0].version


def test_one_shopper_gets_what_all_get_together(case: Case) -> None:
    outlook = Outlook.fit(case.prediction, case.told, case.now)
    together = case.scores(outlook, case.told)
    few = range(0, len(together), len(together) // 4)
    assert [case.scores(outlook, case.told, slice(k, k + 1))[0] for k in few] == [together[k] for k in few]
    without = case.scores(outlook, case.told, why=False)
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
        if not name.startswith("next_"):
            with pytest.raises(TooLittle, match=r"below (500|50) nothing is said|There is no impression by then"):
                Outlook.fit(PREDICTIONS.get(name), small, NOW)
    for name in ("next_category", "next_event"):
        with pytest.raises(TooLittle, match=r"There are .* steps .* below 500"):
            Outlook.fit(PREDICTIONS.get(name), told(shop(n_users=5)), NOW)
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
        ('about = "a"\nnot_for = "b"\nmodel = "churn"\nentity = "visitor"', "churn is about every user, not about"),
        ('about = "a"\nnot_for = "b"\nmodel = "next_category"\nentity = "session"', "about every visitor, not about"),
        (
            'about = "a"\nnot_for = "b"\nmodel = "trees"\nlabel = "cart"\nlabel_sql = "true"\nhorizon_days = 7',
            "give label or label_sql, not both",
        ),
        (
            'about = "a"\nnot_for = "b"\nmodel = "trees"\nentity = "session"\nlabel_sql = "select shopper_id, time"',
            "label_sql of entity session is a condition on an event",
        ),
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

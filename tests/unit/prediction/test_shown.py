"""Clicks and purchases of products that are shown to somebody."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from shopkeeper.adapters.label_queries import DuckLabels
from shopkeeper.adapters.prediction_files import FilePredictions
from shopkeeper.data.eventlog import EventLog
from shopkeeper.data.events import EventType
from shopkeeper.kit.clock import to_us
from shopkeeper.kit.errors import InvalidInput, TooLittle
from shopkeeper.prediction.behaviour import Behaviour
from shopkeeper.prediction.definition import Prediction
from shopkeeper.prediction.outlook import Outlook
from shopkeeper.prediction.quality import Quality
from tests.unit.prediction.shops import CATEGORIES, EVENING, N_ITEMS, shop, told, visits

PREDICTIONS = FilePredictions(Path("nowhere"))
CLICK = PREDICTIONS.get("click_shown")


@pytest.fixture(scope="module")
def known() -> Behaviour:
    return told(visits())


@pytest.fixture(scope="module")
def clicked(known: Behaviour) -> Outlook:
    return Outlook.fit(CLICK, known, EVENING)


def after(log: EventLog, kind: EventType, days: float) -> tuple[list[str], list[str], list[bool]]:
    """Return the impressions of the hour after EVENING, and whether the product was clicked, or bought, in time."""
    now, hour = to_us(EVENING), 3_600_000_000
    rows = np.flatnonzero((log.type == EventType.IMPRESSION) & (log.at > now) & (log.at <= now + hour)).tolist()
    came = [
        (
            (log.user_idx == log.user_idx[row])
            & (log.item_idx == log.item_idx[row])
            & (log.type == kind)
            & (log.at >= log.at[row])
            & (log.at <= log.at[row] + days * 24 * hour)
        ).any()
        for row in rows
    ]
    return [log.users[log.user_idx[row]] for row in rows], [log.items[log.item_idx[row]] for row in rows], came


@pytest.mark.parametrize(("name", "kind", "days"), [("click", EventType.CLICK, 1), ("purchase", EventType.PURCHASE, 7)])
def test_it_is_foreseen_and_the_probability_is_one(known: Behaviour, name: str, kind: EventType, days: float) -> None:
    outlook = Outlook.fit(PREDICTIONS.get(f"{name}_shown"), known, EVENING)
    shoppers, items, came = after(known.log, kind, days)
    scores = outlook.scores(known, shoppers, EVENING, items=items, why=False)
    quality = Quality.of(np.array([score.value for score in scores], float), np.array(came))
    assert quality.auc > 0.7
    assert quality.ece < 0.05


def test_what_a_shopper_likes_is_likelier_and_a_new_shopper_gets_the_mean(known: Behaviour, clicked: Outlook) -> None:
    looked = known.log.take((known.log.type == EventType.VIEW) & (known.log.at <= to_us(EVENING)))
    likes = {int(user): int(item) // 3 for user, item in zip(looked.user_idx, looked.item_idx, strict=True)}
    shoppers = [known.log.users[user] for user in list(likes)[:50]]
    by_category = [
        [s.value for s in clicked.scores(known, shoppers, EVENING, items=[f"i{3 * category}"] * 50, why=False)]
        for category in range(len(CATEGORIES))
    ]
    liked = [by_category[category][k] for k, category in enumerate(list(likes.values())[:50])]
    others = [by_category[(category + 1) % 3][k] for k, category in enumerate(list(likes.values())[:50])]
    assert np.mean(np.array(liked, float)) > 3 * np.mean(np.array(others, float))
    (stranger,) = clicked.scores(known, ["nobody"], EVENING, items=["i0"])
    assert stranger.value is not None
    assert np.mean(np.array(others, float)) < stranger.value < np.mean(np.array(liked, float))
    assert stranger.item_id == "i0"


def test_a_person_s_own_events_are_enough_to_ask(known: Behaviour, clicked: Outlook) -> None:
    log = known.log
    for user in range(5):
        alone = told(log.take(log.user_idx == user))
        shoppers, items = [log.users[user]] * N_ITEMS, [f"i{number}" for number in range(N_ITEMS)]
        assert clicked.scores(alone, shoppers, EVENING, items=items) == clicked.scores(
            known, shoppers, EVENING, items=items
        )


def test_a_product_that_nobody_met_is_told_of_by_the_shopper_alone(known: Behaviour, clicked: Outlook) -> None:
    scores = clicked.scores(known, ["v00000", "v00000"], EVENING, items=["new", "newer"])
    assert scores[0].value == scores[1].value
    assert scores[0].value is not None


def test_a_shop_without_impressions_has_too_little() -> None:
    with pytest.raises(TooLittle, match="There is no impression by then: shelves tell what they show"):
        Outlook.fit(CLICK, told(shop()), EVENING + timedelta(days=100))


def test_few_clicks_or_a_short_past_are_too_little(known: Behaviour) -> None:
    few = told(known.log.take(known.log.user_idx < 30))
    with pytest.raises(
        TooLittle, match=r"There are \d+ impressions with a click of the product within 1 days, and below"
    ):
        Outlook.fit(CLICK, few, EVENING)
    with pytest.raises(TooLittle, match="There are 0 impressions with a purchase of the product within 7 days"):
        Outlook.fit(PREDICTIONS.get("purchase_shown"), known, EVENING - timedelta(days=33))


def test_products_are_named_where_they_are_asked_about_and_nowhere_else(known: Behaviour, clicked: Outlook) -> None:
    with pytest.raises(InvalidInput, match="asked about a product for each shopper, to whom it is shown: name them"):
        clicked.scores(known, ["v00000"], EVENING)
    with pytest.raises(InvalidInput, match="a product for each shopper"):
        clicked.scores(known, ["v00000"], EVENING, items=["i0", "i1"])
    with pytest.raises(InvalidInput, match="asked about shoppers alone: name no products"):
        Outlook.fit(PREDICTIONS.get("next_event"), known, EVENING).scores(known, ["v00000"], EVENING, items=["i0"])


def test_a_merchant_s_own_label_is_of_the_product_that_is_shown(known: Behaviour) -> None:
    asked = {"about": "a", "not_for": "b", "model": "trees", "entity": "shown", "horizon_days": 1}
    both = [
        Outlook.fit(
            Prediction.model_validate(asked | label), Behaviour.of(known.log, {}, DuckLabels()), EVENING
        ).forecast.digest()
        for label in ({"label": "click"}, {"label_sql": "type = 'click'"})
    ]
    assert both[0] == both[1]

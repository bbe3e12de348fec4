"""Purchases that are still to come in a session that is open."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from shopkeeper.adapters.prediction_files import FilePredictions
from shopkeeper.data.eventlog import EventLog
from shopkeeper.data.events import EventType
from shopkeeper.data.vocabulary import Vocabulary
from shopkeeper.kit.clock import to_us
from shopkeeper.kit.errors import TooLittle
from shopkeeper.prediction.behaviour import Behaviour
from shopkeeper.prediction.outlook import Outlook
from shopkeeper.prediction.quality import Quality
from tests.unit.prediction.shops import EVENING, day, told, visits

PURCHASE = FilePredictions(Path("nowhere")).get("purchase_session")


@pytest.fixture(scope="module")
def log() -> EventLog:
    return visits()


@pytest.fixture(scope="module")
def outlook(log: EventLog) -> Outlook:
    return Outlook.fit(PURCHASE, told(log), EVENING)


def test_a_purchase_is_foreseen_from_the_session_so_far(log: EventLog, outlook: Outlook) -> None:
    known, shoppers = told(log), list(log.users)
    p, bought = [], []
    for minutes in range(0, 4 * 1440, 20):
        now = EVENING + timedelta(minutes=minutes)
        if now.hour < 19:
            continue
        value = np.array([score.value for score in outlook.scores(known, shoppers, now, why=False)], float)
        came = (log.at > to_us(now)) & (log.at <= to_us(now) + 3_600_000_000) & (log.type == EventType.PURCHASE)
        p.append(value[~np.isnan(value)])
        bought.append(np.isin(np.flatnonzero(~np.isnan(value)), log.user_idx[came]))
    quality = Quality.of(np.concatenate(p), np.concatenate(bought))
    assert quality.auc > 0.85
    assert quality.ece < 0.04


def test_a_cart_says_more_than_a_look_and_who_left_is_told_nothing(log: EventLog, outlook: Outlook) -> None:
    came = [np.flatnonzero((log.user_idx == 0) & (log.type == EventType.VIEW) & (log.at < to_us(EVENING)))[-1]]
    now = EVENING + timedelta(hours=4)
    at = to_us(now)

    def with_newest(kind: EventType, minutes: int) -> Behaviour:
        row = log.take(np.array(came))
        newest = replace(row, at=np.array([at - minutes * 60_000_000]), type=np.array([kind], np.int8))
        return told(EventLog.merged(log.take(log.at <= at), newest))

    looked, put = (
        outlook.scores(with_newest(kind, 0), ["v00000"], now)[0] for kind in (EventType.VIEW, EventType.CART)
    )
    assert looked.value is not None
    assert put.value is not None
    assert put.value > 0.5
    assert looked.value < 0.3
    assert outlook.scores(with_newest(EventType.CART, 30), ["v00000"], now)[0].value is not None
    left = outlook.scores(with_newest(EventType.CART, 31), ["v00000"], now)[0]
    assert (left.value, left.text) == (None, "is in no session: nothing was done in the 30 minutes before")


def test_sessions_of_guests_are_learned_from_and_asked_about(log: EventLog) -> None:
    guests = told(replace(log, users=Vocabulary(f"guest:{name}" for name in log.users)))
    scores = Outlook.fit(PURCHASE, guests, EVENING).scores(guests, list(guests.log.users), EVENING)
    assert sum(score.value is not None for score in scores) > 50


def test_what_comes_of_a_session_that_has_not_ended_is_not_learned(log: EventLog) -> None:
    known = told(log)
    # The purchases of open sessions that came by now would make those sessions look better than they are.
    is_open = (log.at <= to_us(EVENING)) & (log.at > to_us(EVENING) - 25 * 60_000_000)
    without = told(log.take(~(is_open & (log.type == EventType.PURCHASE))))
    assert (
        Outlook.fit(PURCHASE, known, EVENING).forecast.digest()
        == Outlook.fit(PURCHASE, without, EVENING).forecast.digest()
    )


def test_few_sessions_with_a_purchase_are_too_little(log: EventLog) -> None:
    few = told(log.take(log.user_idx < 100))
    with pytest.raises(TooLittle, match=r"There are \d+ sessions in which a purchase was still to come, and below 500"):
        Outlook.fit(PURCHASE, few, EVENING)
    with pytest.raises(TooLittle, match="There are 0 sessions"):
        Outlook.fit(PURCHASE, few, day(1))

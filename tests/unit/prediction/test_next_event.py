"""The type of event that comes next."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from shopkeeper.adapters.prediction_files import FilePredictions
from shopkeeper.data.eventlog import EventLog
from shopkeeper.data.events import EventType
from shopkeeper.kit.clock import to_us
from shopkeeper.prediction.behaviour import Behaviour
from shopkeeper.prediction.next_event import TYPES, event_steps
from shopkeeper.prediction.outlook import Outlook
from tests.unit.prediction.shops import EVENING, told, visits

NEXT = FilePredictions(Path("nowhere")).get("next_event")


@pytest.fixture(scope="module")
def log() -> EventLog:
    return visits()


@pytest.fixture(scope="module")
def outlook(log: EventLog) -> Outlook:
    return Outlook.fit(NEXT, told(log), EVENING)


def then(log: EventLog, *kinds: EventType) -> Behaviour:
    """Return what is known if the first visitor comes back the next day with some events, one a minute."""
    rows = log.take(np.flatnonzero(log.user_idx == 0)[: len(kinds)])
    at = to_us(EVENING + timedelta(days=1)) + 60_000_000 * np.arange(len(kinds))
    came = replace(rows, at=at, type=np.array(kinds, np.int8))
    return told(EventLog.merged(log.take(log.at <= to_us(EVENING)), came))


def test_after_a_cart_comes_a_purchase_unless_a_silence_has_ended_the_session(log: EventLog, outlook: Outlook) -> None:
    known, now = then(log, EventType.VIEW, EventType.CART), EVENING + timedelta(days=1, minutes=2)
    (bought,) = outlook.scores(known, ["v00000"], now)
    assert bought.text == "purchase"
    assert bought.value == pytest.approx(2 / 3, abs=0.06)
    assert bought.reasons[:2] == ("the newest event is a cart, after a view", "minutes since then: 1")
    (looked,) = outlook.scores(known, ["v00000"], now + timedelta(hours=2))
    assert looked.text == "view"
    assert looked.value is not None
    assert looked.value > 0.95


def test_what_was_shown_is_no_act(log: EventLog, outlook: Outlook) -> None:
    now = EVENING + timedelta(days=1, minutes=10)
    shown = outlook.scores(then(log, EventType.VIEW, EventType.CART, EventType.IMPRESSION), ["v00000"], now)
    assert shown[0].value == outlook.scores(then(log, EventType.VIEW, EventType.CART), ["v00000"], now)[0].value
    nothing = told(log.take((log.type == EventType.IMPRESSION) | (log.user_idx > 0)))
    assert outlook.scores(nothing, ["v00000"], now)[0].text == "did nothing by then but see what was shown"


def test_a_type_is_as_likely_as_it_is_said(log: EventLog, outlook: Outlook) -> None:
    acts = log.take(np.isin(log.type, TYPES))
    p, right = [], []
    for minutes in range(0, 4 * 1440, 60):
        now = EVENING + timedelta(minutes=minutes)
        scores = outlook.scores(told(log), list(log.users), now, why=False)
        later = acts.take(acts.at > to_us(now))
        next_type = dict(zip(later.user_idx[::-1].tolist(), later.type[::-1].tolist(), strict=True))
        for user, score in enumerate(scores):
            if score.value is not None and user in next_type:
                p.append(score.value)
                right.append(score.text == EventType(next_type[user]).label)
    assert np.mean(right) > 0.9
    assert np.mean(p) == pytest.approx(np.mean(right), abs=0.02)


def test_steps_are_those_of_a_loop(log: EventLog) -> None:
    few = log.take(log.user_idx < 50)
    found = event_steps(few)
    wanted = []
    for user in range(50):
        of = few.take((few.user_idx == user) & np.isin(few.type, TYPES))
        own = list(zip(of.type.tolist(), of.at.tolist(), strict=True))
        for k in range(1, len(own)):
            before = TYPES.index(EventType(own[k - 2][0])) if k > 1 else len(TYPES)
            last, after = (TYPES.index(EventType(own[place][0])) for place in (k - 1, k))
            was_silent = own[k][1] - own[k - 1][1] > 30 * 60_000_000
            wanted += [(user, own[k][1], (silent * 7 + last) * 8 + before, after) for silent in range(1 + was_silent)]
    assert sorted(zip(found.user, found.at, found.before, found.after, strict=True)) == sorted(wanted)

"""Labels in SQL: what a merchant asks for, among the events of a horizon and nothing else."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from shopkeeper.adapters.label_queries import DuckLabels
from shopkeeper.adapters.prediction_files import FilePredictions, prediction_of
from shopkeeper.data.events import EventType
from shopkeeper.kit.clock import from_us, to_us
from shopkeeper.kit.errors import InvalidInput
from shopkeeper.prediction.behaviour import Behaviour
from shopkeeper.prediction.definition import Prediction
from shopkeeper.prediction.outlook import Outlook
from shopkeeper.prediction.visitors import slice_at
from tests.unit.prediction.shops import CATEGORIES, EVENING, day, otherwise_after, shop, told, visits

NOW = day(200)
LABELS = DuckLabels()


@pytest.fixture(scope="module")
def known() -> Behaviour:
    return replace(told(shop()), labels=LABELS)


def asking(sql: str, **more: object) -> Prediction:
    return Prediction.model_validate(
        {"about": "a", "not_for": "b", "model": "trees", "horizon_days": 14, "label_sql": sql, **more}
    )


def test_a_condition_marks_the_events_that_fulfil_it(known: Behaviour) -> None:
    log = known.log
    marked = LABELS.marked("type = 'purchase' AND category = 'Games' AND price_minor * quantity > 1400 -- so", known)
    assert (
        marked.tolist()
        == ((log.type == EventType.PURCHASE) & (log.item_idx // 3 == CATEGORIES.index("Games"))).tolist()
    )
    assert 0 < marked.sum() < len(log)
    assert not LABELS.marked("price_minor * quantity > 1500 OR rating > 1 OR item_id IS NULL", known).any()
    moment = from_us(int(log.at[5])).replace(tzinfo=None)
    one = LABELS.marked(f"shopper_id = '{log.users[int(log.user_idx[5])]}' AND time = TIMESTAMP '{moment}'", known)
    assert one.tolist() == ((log.user_idx == log.user_idx[5]) & (log.at == log.at[5])).tolist()


def test_a_query_names_people_and_times(known: Behaviour) -> None:
    query = "SELECT shopper_id, max(time) FROM events WHERE type = 'purchase' GROUP BY ALL HAVING count(*) >= 3"
    users, at = LABELS.named(query, known)
    bought = known.log.take(known.log.type == EventType.PURCHASE)
    wanted = np.flatnonzero(np.bincount(bought.user_idx, minlength=len(known.log.users)) >= 3)
    assert sorted(users.tolist()) == wanted.tolist()
    assert dict(zip(users.tolist(), at.tolist(), strict=True)) == {
        user: int(bought.at[bought.user_idx == user].max()) for user in wanted.tolist()
    }
    assert LABELS.named("FROM events SELECT shopper_id, time WHERE false", known)[0].tolist() == []


def test_the_same_label_in_both_ways_is_the_same_label(known: Behaviour) -> None:
    by_type = slice_at(asking("x", label_sql=None, label="purchase"), known, known.log, to_us(day(100)))[1]
    assert 0 < by_type.mean() < 1
    for sql in ("type = 'purchase'", "SELECT shopper_id, time FROM events WHERE type = 'purchase'"):
        assert slice_at(asking(sql), known, known.log, to_us(day(100)))[1].tolist() == by_type.tolist()


def test_a_label_sees_its_horizon_and_nothing_before_or_after_it(known: Behaviour) -> None:
    origin = to_us(day(100))
    first_day, last_day = "min(time) > TIMESTAMP '2026-04-11'", "max(time) <= TIMESTAMP '2026-04-25'"
    everybody = f"SELECT shopper_id, max(time) FROM events GROUP BY 1 HAVING {first_day} AND {last_day}"
    came = slice_at(asking(everybody), known, known.log, origin)[1]
    looked = slice_at(asking("type = 'view'"), known, known.log, origin)[1]
    assert came.tolist() == looked.tolist()
    assert 0 < came.mean() < 1


def test_a_merchant_asks_in_sql_and_gets_scores_that_know_nothing_that_came_later(
    tmp_path: Path, known: Behaviour
) -> None:
    (tmp_path / "games_14d.toml").write_text(
        'about = "Two purchases in 14 days"\nnot_for = "prices"\nmodel = "trees"\nentity = "user"\nhorizon_days = 14\n'
        'label_sql = """\n  SELECT shopper_id, max(time) FROM events\n  WHERE type = \'purchase\'\n'
        '  GROUP BY shopper_id HAVING count(*) >= 2\n"""\n'
    )
    prediction, shoppers = FilePredictions(tmp_path).get("games_14d"), [f"u{number:05}" for number in range(60)]
    scores = Outlook.fit(prediction, known, NOW).scores(known, shoppers, NOW)
    other = replace(told(otherwise_after(known.log, NOW)), labels=LABELS)
    assert Outlook.fit(prediction, other, NOW).scores(other, shoppers, NOW) == scores
    weekly, monthly = (
        np.array([score.value for score in scores[kind::3] if score.value is not None]) for kind in (0, 1)
    )
    assert weekly.mean() > 0.25 > monthly.mean()


def test_of_users_those_are_told_of_who_have_ordered(known: Behaviour) -> None:
    log = known.log
    never = told(log.take((log.type != EventType.PURCHASE) | (log.user_idx > 2)))
    prediction = asking("x", label_sql=None, label="view", entity="user")
    scores = Outlook.fit(prediction, never, NOW).scores(never, ["u00000", "u00003"], NOW)
    assert scores[0].value is None
    assert scores[0].text.startswith("has not ordered, or did nothing in the 365 days before")
    assert scores[1].value is not None


def test_a_session_s_label_is_a_condition_on_an_event() -> None:
    sql = "type = 'purchase' AND price_minor > 1200"
    prediction = prediction_of(f'about = "a"\nnot_for = "b"\nmodel = "trees"\nentity = "session"\nlabel_sql = "{sql}"')
    visited = replace(told(visits()), labels=LABELS)
    scores = Outlook.fit(prediction, visited, EVENING).scores(visited, list(visited.log.users), EVENING)
    assert sum(score.value is not None for score in scores) > 50


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("buy = 3", 'Referenced column "buy" not found'),
        ("type = ", "syntax error"),
        ("SELECT shopper_id, sum(x) FROM events", 'Referenced column "x" not found'),
        ("count(*) > 1", "cannot contain aggregates"),
        ("1) LIMIT (5", "syntax error"),
        ("1)) LIMIT ((5", "syntax error"),
        ("EXISTS (SELECT 1)", "looks at other events: begin a query with SELECT"),
        ("1)); DROP TABLE events; SELECT ((1", "syntax error"),
        ("SELECT shopper_id, time FROM events; SELECT 1", "must be a condition, or one SELECT"),
        ("WITH a AS (DELETE FROM events RETURNING *) SELECT shopper_id, time FROM a", "cannot be used"),
        ("SELECT shopper_id FROM events", "must select shopper_id and a time, .* it selects shopper_id VARCHAR"),
        ("SELECT shopper_id, NULL::TIMESTAMP FROM events", "rows without a shopper_id, or without a time"),
        ("SELECT 'x', time FROM events", "selects 'x', who is no shopper_id"),
        ("SELECT shopper_id, time + INTERVAL 1 YEAR FROM events", "times that no event of the horizon has"),
        ("SELECT content, now() FROM read_text('/etc/passwd')", "Permission Error"),
        ("SELECT shopper_id, time FROM told", "Table with name told does not exist"),
    ],
)
def test_sql_that_cannot_be_used_says_why(known: Behaviour, sql: str, why: str) -> None:
    with pytest.raises(InvalidInput, match=why):
        Outlook.fit(asking(sql), known, NOW)


def test_sql_that_takes_too_much_is_stopped(known: Behaviour) -> None:
    with pytest.raises(InvalidInput, match=r"takes longer than 0\.5 s"):
        DuckLabels(time_limit_s=0.5).named("SELECT a.shopper_id, a.time FROM events a, events b, events c", known)
    with pytest.raises(InvalidInput, match="needs more memory than it may take"):
        DuckLabels(memory_limit="50MB").named(
            "SELECT string_agg(a.shopper_id || b.shopper_id), max(a.time) FROM events a, events b", known
        )


def test_where_nobody_reads_sql_that_is_said() -> None:
    with pytest.raises(InvalidInput, match="Nobody here can read label_sql"):
        Outlook.fit(asking("type = 'view'"), told(shop()), NOW)

from datetime import UTC, datetime, timedelta

import pytest

from shopkeeper.adapters.memory_quarantine import MemoryQuarantineStore
from shopkeeper.adapters.sql import SqlQuarantinePlace, SqlQuarantineStore
from shopkeeper.data.erasure import Gone
from shopkeeper.data.quarantine import Case
from shopkeeper.kit.errors import NotFound
from shopkeeper.ports.quarantine import QuarantineStore

AT = datetime(2024, 5, 1, 12, tzinfo=UTC)


def case(who: str, odds: float = 3.0) -> Case:
    return Case(who, AT, "7 new people took i1 within days.", ("i1", "i2"), odds)


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> QuarantineStore:
    if request.param == "memory":
        return MemoryQuarantineStore()
    return SqlQuarantineStore(request.getfixturevalue(request.param))


def test_who_is_found_is_held_once_the_surest_first(store: QuarantineStore) -> None:
    assert store.add([case("a"), case("b", 9.0)]) == 2
    assert store.add([case("a", 7.0), case("c")]) == 1
    assert [(one.shopper_id, one.odds) for one in store.all()] == [("b", 9.0), ("a", 3.0), ("c", 3.0)]
    assert store.all()[1] == case("a")
    assert all(one.is_held for one in store.all())


def test_what_an_operator_says_stays(store: QuarantineStore) -> None:
    store.add([case("a"), case("b")])
    later = AT + timedelta(days=1)
    assert store.judge("a", "released", later).judged_at == later
    assert store.judge("b", "confirmed", later).verdict == "confirmed"
    assert store.add([case("a", 9.0)]) == 0
    assert [(one.shopper_id, one.is_held) for one in store.all()] == [("a", False), ("b", True)]


def test_nobody_is_judged_who_is_not_in_question(store: QuarantineStore) -> None:
    with pytest.raises(NotFound, match="Nobody holds 'x' in quarantine"):
        store.judge("x", "released", AT)
    assert store.all() == []


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_who_is_erased_is_in_question_no_longer(database: str, request: pytest.FixtureRequest) -> None:
    engine = request.getfixturevalue(database)
    store, place, gone = SqlQuarantineStore(engine), SqlQuarantinePlace(engine), Gone(frozenset({"a"}))
    store.add([case("a"), case("b")])
    assert (place.count(gone), place.tell(gone)[0]["why"], set(place.known())) == (1, case("a").why, {"a", "b"})
    assert (place.erase(gone), place.erase(gone)) == (1, 0)
    assert [one.shopper_id for one in store.all()] == ["b"]

"""Memory, SQL and layered stores are held to the same suites."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from shopkeeper.adapters.files import SegmentStore
from shopkeeper.adapters.layered import LayeredEvents
from shopkeeper.adapters.loaded_models import LoadedModels
from shopkeeper.adapters.memory import MemoryCatalogStore, MemoryEventStore, MemoryModelStore
from shopkeeper.adapters.model_files import FileModelStore
from shopkeeper.adapters.sql import SqlCatalogStore, SqlEventStore, open_engine
from shopkeeper.kit.errors import IncompatibleVersion, InvalidInput, UnknownName
from shopkeeper.ports import CatalogStore, EventStore, ModelStore
from shopkeeper.testing.store_suite import CatalogStoreSuite, EventStoreSuite, ModelStoreSuite, event, saved


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    engine = open_engine(tmp_path / "shop.sqlite")
    yield engine
    engine.dispose()


class TestEventStores(EventStoreSuite):
    @pytest.fixture(params=["memory", "sql", "layered"])
    def store(self, request: pytest.FixtureRequest, tmp_path: Path, engine: sa.Engine) -> EventStore:
        if request.param == "memory":
            return MemoryEventStore()
        live = SqlEventStore(engine)
        return live if request.param == "sql" else LayeredEvents(SegmentStore(tmp_path / "history"), live)


class TestCatalogStores(CatalogStoreSuite):
    @pytest.fixture(params=["memory", "sql"])
    def store(self, request: pytest.FixtureRequest, engine: sa.Engine) -> CatalogStore:
        return MemoryCatalogStore() if request.param == "memory" else SqlCatalogStore(engine)


class TestModelStores(ModelStoreSuite):
    @pytest.fixture(params=["memory", "files", "loaded"])
    def store(self, request: pytest.FixtureRequest, tmp_path: Path) -> ModelStore:
        if request.param == "memory":
            return MemoryModelStore()
        files = FileModelStore(tmp_path / "models")
        return files if request.param == "files" else LoadedModels(files)


def test_what_was_acknowledged_is_there_when_the_database_is_opened_again(tmp_path: Path, engine: sa.Engine) -> None:
    SqlEventStore(engine).append([event("1")])
    again = open_engine(tmp_path / "shop.sqlite")
    assert SqlEventStore(again).known_ids(["1"]) == {"1"}
    again.dispose()


def test_whoever_sends_the_same_event_at_the_same_moment_it_is_stored_once(engine: sa.Engine) -> None:
    store = SqlEventStore(engine)
    batch = [event(str(number)) for number in range(20)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(store.append, [batch] * 16))
    assert (sum(map(sum, answers)), store.count()) == (20, 20)


def test_a_database_of_another_version_is_refused_with_advice(tmp_path: Path, engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE shopkeeper SET version = 99"))
    with pytest.raises(IncompatibleVersion, match=r"version 99.*import again"):
        open_engine(tmp_path / "shop.sqlite")


def test_many_may_open_a_new_shop_at_once(tmp_path: Path) -> None:
    folders = [tmp_path / str(number) for number in range(10)]
    for folder in folders:
        with ThreadPoolExecutor(8) as pool:
            for engine in pool.map(open_engine, [folder / "shop.sqlite"] * 8):
                engine.dispose()
    assert all((folder / "shop.sqlite").exists() for folder in folders)


def test_a_place_that_cannot_be_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "shop").write_text("a file")
    with pytest.raises(InvalidInput, match="shop"):
        open_engine(tmp_path / "shop" / "shop.sqlite")


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "shop.sqlite").write_text("hello, this is no database at all" * 100)
    with pytest.raises(InvalidInput, match=r"shop\.sqlite"):
        open_engine(tmp_path / "shop.sqlite")


def test_a_model_of_another_format_is_refused_with_advice(tmp_path: Path) -> None:
    store = FileModelStore(tmp_path)
    store.save(saved())
    path = tmp_path / "user_knn" / "1" / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format": 99}))
    with pytest.raises(IncompatibleVersion, match=r"format 99.*shopkeeper fit --model user_knn"):
        store.load("user_knn")


@pytest.mark.parametrize("change", [{"config": {"gone": 1}}, {"sha256": "0"}])
def test_a_model_that_cannot_be_read_is_refused_with_advice(tmp_path: Path, change: dict[str, object]) -> None:
    store = FileModelStore(tmp_path)
    store.save(saved())
    path = tmp_path / "user_knn" / "1" / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(IncompatibleVersion, match="shopkeeper fit --model user_knn"):
        store.load("user_knn")


def test_a_name_never_leads_out_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "current").write_text("hidden")
    store = FileModelStore(tmp_path / "models")
    names = (str(tmp_path / "secret"), "../secret", "a\0b", "x" * 5000)
    assert [store.current(name) for name in names] == [None] * 4


def test_old_versions_are_cleared_away(tmp_path: Path) -> None:
    store = FileModelStore(tmp_path)
    for version in "1234567":
        store.save(saved(version))
    assert sorted(path.name for path in (tmp_path / "user_knn").iterdir()) == [*"34567", "current"]


def test_an_unknown_model_name_brings_the_near_ones(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="did you mean user_knn"):
        FileModelStore(tmp_path).load("user_nn")

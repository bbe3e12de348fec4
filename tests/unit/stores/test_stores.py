"""Memory, SQL and layered stores are held to the same suites."""

import json
import os
import shutil
from pathlib import Path

import pytest

from shopkeeper.adapters.files import SegmentStore
from shopkeeper.adapters.layered import LayeredEvents
from shopkeeper.adapters.loaded_models import LoadedModels
from shopkeeper.adapters.memory import (
    MemoryCatalogStore,
    MemoryEventStore,
    MemoryKeyStore,
    MemoryMergeStore,
    MemoryModelStore,
)
from shopkeeper.adapters.memory_explorations import MemoryExplorationLog
from shopkeeper.adapters.memory_people import MemoryPeopleStore
from shopkeeper.adapters.memory_tags import FilledCatalog, MemoryTagStore
from shopkeeper.adapters.merged import MergedEvents
from shopkeeper.adapters.model_files import FileModelStore
from shopkeeper.adapters.sql import (
    SqlCatalogStore,
    SqlEventStore,
    SqlExplorationLog,
    SqlKeyStore,
    SqlMergeStore,
    SqlPeopleStore,
    SqlTagStore,
)
from shopkeeper.kit.errors import IncompatibleVersion, NotFound, UnknownName
from shopkeeper.ports import CatalogStore, EventStore, KeyStore, LiveEventStore, MergeStore, ModelStore
from shopkeeper.ports.exploration import ExplorationLog
from shopkeeper.ports.people import PeopleStore
from shopkeeper.testing.exploration_suite import ExplorationLogSuite
from shopkeeper.testing.key_suite import KeyStoreSuite
from shopkeeper.testing.people_suite import PeopleStoreSuite
from shopkeeper.testing.store_suite import (
    CatalogStoreSuite,
    EventStoreSuite,
    LiveEventStoreSuite,
    MergeStoreSuite,
    ModelStoreSuite,
    saved,
)
from shopkeeper.testing.tags_suite import Stores, TagStoreSuite


class TestEventStores(EventStoreSuite):
    @pytest.fixture(params=["memory", "sqlite", "postgresql", "layered", "merged"])
    def store(self, request: pytest.FixtureRequest, tmp_path: Path) -> EventStore:
        if request.param == "memory":
            return MemoryEventStore()
        if request.param == "merged":
            return MergedEvents(MemoryEventStore(), MemoryMergeStore())
        if request.param == "layered":
            live = SqlEventStore(request.getfixturevalue("sqlite"))
            return LayeredEvents(SegmentStore(tmp_path / "history"), live)
        return SqlEventStore(request.getfixturevalue(request.param))


class TestExplorationLogs(ExplorationLogSuite):
    @pytest.fixture(params=["memory", "sqlite", "postgresql"])
    def log(self, request: pytest.FixtureRequest) -> ExplorationLog:
        if request.param == "memory":
            return MemoryExplorationLog()
        return SqlExplorationLog(request.getfixturevalue(request.param))


class TestLiveEventStores(LiveEventStoreSuite):
    @pytest.fixture(params=["memory", "sqlite", "postgresql"])
    def store(self, request: pytest.FixtureRequest) -> LiveEventStore:
        return (
            MemoryEventStore() if request.param == "memory" else SqlEventStore(request.getfixturevalue(request.param))
        )


class TestMergeStores(MergeStoreSuite):
    @pytest.fixture(params=["memory", "sqlite", "postgresql"])
    def store(self, request: pytest.FixtureRequest) -> MergeStore:
        return (
            MemoryMergeStore() if request.param == "memory" else SqlMergeStore(request.getfixturevalue(request.param))
        )


class TestCatalogStores(CatalogStoreSuite):
    @pytest.fixture(params=["memory", "sqlite", "postgresql", "sqlite filled", "postgresql filled"])
    def store(self, request: pytest.FixtureRequest) -> CatalogStore:
        if request.param == "memory":
            return MemoryCatalogStore()
        name, _, filled = request.param.partition(" ")
        return SqlCatalogStore(request.getfixturevalue(name), filled=bool(filled))


class TestTagStores(TagStoreSuite):
    @pytest.fixture(params=["memory", "sqlite", "postgresql"])
    def stores(self, request: pytest.FixtureRequest) -> Stores:
        if request.param == "memory":
            catalog = MemoryCatalogStore()
            tags = MemoryTagStore(catalog, catalog.note)
            return tags, catalog, FilledCatalog(catalog, tags)
        engine = request.getfixturevalue(request.param)
        return SqlTagStore(engine), SqlCatalogStore(engine), SqlCatalogStore(engine, filled=True)


class TestKeyStores(KeyStoreSuite):
    @pytest.fixture(params=["memory", "sqlite", "postgresql"])
    def store(self, request: pytest.FixtureRequest) -> KeyStore:
        return MemoryKeyStore() if request.param == "memory" else SqlKeyStore(request.getfixturevalue(request.param))


class TestPeopleStores(PeopleStoreSuite):
    @pytest.fixture(params=["memory", "sqlite", "postgresql"])
    def store(self, request: pytest.FixtureRequest) -> PeopleStore:
        return (
            MemoryPeopleStore() if request.param == "memory" else SqlPeopleStore(request.getfixturevalue(request.param))
        )


class TestModelStores(ModelStoreSuite):
    @pytest.fixture(params=["memory", "files", "loaded"])
    def store(self, request: pytest.FixtureRequest, tmp_path: Path) -> ModelStore:
        if request.param == "memory":
            return MemoryModelStore()
        files = FileModelStore(tmp_path / "models")
        return files if request.param == "files" else LoadedModels(files)


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


def test_what_a_killed_save_left_is_no_version_and_goes_in_time(tmp_path: Path) -> None:
    store, home = FileModelStore(tmp_path), tmp_path / "user_knn"
    store.save(saved())
    killed, older = home / ".new-a", home / ".new-b"
    for left in (killed, older):
        shutil.copytree(home / "1", left)
        manifest = left / "manifest.json"
        manifest.write_text(manifest.read_text().replace('"version": "1"', '"version": "2"'))
    os.utime(older, (0, 0))
    assert [one.version for one in store.versions("user_knn")] == ["1"]
    with pytest.raises(NotFound):
        store.promote("user_knn", "2")
    for version in "3456":
        store.save(saved(version))
    assert sorted(path.name for path in home.iterdir()) == [killed.name, *"13456", "current"]


def test_old_versions_are_cleared_away(tmp_path: Path) -> None:
    store = FileModelStore(tmp_path)
    for version in "1234567":
        store.save(saved(version))
    assert sorted(path.name for path in (tmp_path / "user_knn").iterdir()) == [*"34567", "current"]


def test_an_unknown_model_name_brings_the_near_ones(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="did you mean user_knn"):
        FileModelStore(tmp_path).load("user_nn")

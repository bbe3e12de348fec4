"""Models are read once, and a new version takes over, or not at all."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest

from shopkeeper.adapters.loaded_models import LoadedModels
from shopkeeper.adapters.memory import MemoryModelStore
from shopkeeper.adapters.model_files import FileModelStore
from shopkeeper.kit.errors import IncompatibleVersion
from shopkeeper.ports import SavedModel
from shopkeeper.testing.store_suite import saved


class SlowStore(MemoryModelStore):
    """Says when it is asked, and waits until it may answer."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.may_answer, self.n_loads = Event(), Event(), 0

    def load(self, name: str, version: str | None = None) -> SavedModel:
        self.n_loads += 1
        self.asked.set()
        assert self.may_answer.wait(10)
        return super().load(name, version)


def test_a_model_is_read_once(tmp_path: Path) -> None:
    store = LoadedModels(FileModelStore(tmp_path))
    store.save(saved("1"))
    store.save(saved("2"))
    assert store.load("user_knn") is store.load("user_knn")
    assert store.load("user_knn", "2") is store.load("user_knn")
    assert store.load("user_knn", "1") is store.load("user_knn", "1")


def test_a_version_that_another_process_saved_or_promoted_is_taken_up(tmp_path: Path) -> None:
    store, other = LoadedModels(FileModelStore(tmp_path)), FileModelStore(tmp_path)
    other.save(saved("1"))
    first = store.load("user_knn").version
    other.save(saved("2"))
    second = store.load("user_knn").version
    other.promote("user_knn", "1")
    assert (first, second, store.load("user_knn").version) == ("1", "2", "1")


def test_a_version_that_cannot_be_read_leaves_the_old_one_answering(tmp_path: Path) -> None:
    store = LoadedModels(FileModelStore(tmp_path))
    store.save(saved("1"))
    old = store.load("user_knn")
    store.save(saved("2"))
    (tmp_path / "user_knn" / "2" / "state.npz").write_bytes(b"damaged")
    assert [store.load("user_knn") for _ in range(2)] == [old, old]
    store.save(saved("3"))
    assert store.load("user_knn").version == "3"


def test_where_nothing_answered_before_the_failure_is_told_until_it_is_mended(tmp_path: Path) -> None:
    store = LoadedModels(FileModelStore(tmp_path))
    store.save(saved("1"))
    state = tmp_path / "user_knn" / "1" / "state.npz"
    good = state.read_bytes()
    state.write_bytes(b"damaged")
    with pytest.raises(IncompatibleVersion, match="damaged"):
        store.load("user_knn")
    state.write_bytes(good)
    assert store.load("user_knn").version == "1"


def test_who_comes_while_a_model_is_loaded_waits_and_it_is_loaded_once() -> None:
    slow = SlowStore()
    store = LoadedModels(slow)
    slow.save(saved("1"))
    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(store.load, "user_knn") for _ in range(2)]
        assert slow.asked.wait(10)
        slow.may_answer.set()
        assert ([one.result().version for one in both], slow.n_loads) == (["1", "1"], 1)

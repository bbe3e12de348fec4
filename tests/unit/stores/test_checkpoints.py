from pathlib import Path

import numpy as np

from shopkeeper.adapters.checkpoint_files import FileCheckpoints


def test_gives_back_what_was_saved_last(tmp_path: Path) -> None:
    kept = FileCheckpoints(tmp_path / "new" / "sequence.npz")
    kept.save({"epoch": np.asarray(1)})
    kept.save({"epoch": np.asarray(2), "items": np.ones((2, 3), np.float32)})
    state = kept.load() or {}
    assert (int(state["epoch"]), state["items"].shape) == (2, (2, 3))
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["sequence.npz"]


def test_nothing_or_damage_is_nothing(tmp_path: Path) -> None:
    path = tmp_path / "sequence.npz"
    assert FileCheckpoints(path).load() is None
    for damage in (b"", b"PK\x03\x04 and no more", b"no archive"):
        path.write_bytes(damage)
        assert FileCheckpoints(path).load() is None

"""A peer that needs an environment of its own, as a contender: it trains and ranks in a process, over npz files."""

import json
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Self

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from shopkeeper.data.dataset import Dataset
from shopkeeper.data.history import HistoryBatch
from shopkeeper.data.items import Exclude, ItemBatch
from shopkeeper.estimator import Config, Progress, Scorer, ignore

HERE = Path(__file__).parent


def write_given(path: Path, options: Mapping[str, object], parts: Mapping[str, HistoryBatch]) -> None:
    """Write what a peer reads: its options, and whose event each is and of which product, oldest first."""
    arrays: dict[str, NDArray[np.generic]] = {"options": np.asarray(json.dumps(options))}
    for name, histories in parts.items():
        arrays |= {f"{name}_row": histories.user_idx[histories.row_of], f"{name}_item": histories.item_idx}
    np.savez(path, **arrays)  # type: ignore[arg-type]


def script(python: Path, peer: str, *arguments: object) -> list[str]:
    """Return the command that runs a peer's script."""
    return [str(python), str(HERE / f"{peer}.py"), *map(str, arguments)]


class PeerConfig(Config):
    """How a peer is run."""

    peer: str
    """The script beside this file."""
    python: Path
    """Of the peer's environment."""
    options: dict[str, object]
    """Of its model."""


class Peer(Scorer[Config]):
    """Ranks as the peer does: `fit` keeps the data, `top_n` has the peer learn it and rank, all in one process."""

    name = "peer"
    Config = PeerConfig
    seconds: float
    """The peer took to learn and to rank."""
    said: Mapping[str, float]
    """What else it says of its training."""

    def __init__(self, config: PeerConfig, wanted: HistoryBatch) -> None:
        super().__init__(config)
        self.run, self.wanted = config, wanted

    def fit(self, data: Dataset, *, rng: Generator | None = None, on_progress: Progress = ignore) -> Self:
        """Keep the data, and a seed."""
        self._data, self._seed = data, int((rng or np.random.default_rng(0)).integers(2**31))
        return self

    def score(self, histories: HistoryBatch, items: NDArray[np.int32] | None = None) -> NDArray[np.float32]:
        """Refuse: only the lists leave the peer's process."""
        raise NotImplementedError

    def top_n(self, queries: HistoryBatch, n: int, exclude: Exclude | None = None) -> ItemBatch:
        """Return the peer's n best products of each query that the query does not hold, in the peer's order."""
        if exclude is None or not exclude.seen or exclude.items is not None:
            raise NotImplementedError("peers leave out what is in the history, and nothing else")
        with tempfile.TemporaryDirectory() as folder:
            given, found = Path(folder, "in.npz"), Path(folder, "out.npz")
            parts = {"train": self._data.histories, "queries": queries, "wanted": self.wanted}
            write_given(given, self.run.options | {"n": n, "seed": self._seed}, parts)
            subprocess.run(script(self.run.python, self.run.peer, "rank", given, found), check=True)
            with np.load(found) as out:
                self.seconds = float(out["seconds"])
                self.said = {name: float(out[name]) for name in ("epochs", "validation", "peak_mb")}
                return ItemBatch(out["item"], out["score"])

"""Training of the sequence model next to RecTools' SASRec: tokens a second, width 128, 2 blocks, 2 heads, 50 events.

Histories of the shape of Amazon Beauty, of 5,000 of its 22,363 users: 12,101 products, 8.9 events each. A token is an
event with a next one; places that only fill a batch do not count. Each has its own batches: we pack 2048 places, and
RecTools takes 128 users and fills them up to 50. Negatives are drawn by us for a step, by RecTools for each token. We
make a pass, then they some batches, in turn; the first turn, which compiles, is left out. A figure is the median of the
ratio within a turn. Both run on the first core alone: with two, what else the machine does decides.

    make bench-env bench-torch-env
    .bench/bin/python -m benchmarks.speed.sequence_training
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from time import perf_counter

import numpy as np

from benchmarks.peers.process import script, write_given
from benchmarks.record import Row, peak_mb, write
from shopkeeper.data.dataset import Dataset
from shopkeeper.data.history import HistoryBatch
from shopkeeper.data.vocabulary import Vocabulary
from shopkeeper.estimator import NoCheckpoints, State
from shopkeeper.models.sequence import Sequence, SequenceConfig

N_USERS, N_ITEMS, N_MORE, SHORTEST, LONGEST = 5000, 12_101, 3.88, 5, 200
WIDTH, LENGTH, REACH = 128, 50, 1.5
LOSSES: Mapping[str, tuple[int, dict[str, object]]] = {
    "softmax over 256 drawn products": (256, {"loss": "sampled_softmax", "n_negatives": 256}),
    "softmax over all products": (0, {"loss": "softmax"}),
}


def shop() -> Dataset:
    """Return histories of 5 events and some more, of products whose popularity falls as (rank + 20)^-0.9."""
    rng = np.random.default_rng(0)
    lengths = np.minimum(SHORTEST + rng.geometric(1 / (1 + N_MORE), N_USERS) - 1, LONGEST)
    share = (np.arange(N_ITEMS) + 20.0) ** -0.9
    item = rng.choice(N_ITEMS, lengths.sum(), p=share / share.sum())
    rows = [part.tolist() for part in np.split(item, np.cumsum(lengths)[:-1])]
    users, items = (Vocabulary(f"{number:07}" for number in range(n)) for n in (N_USERS, N_ITEMS))
    return Dataset(users, items, HistoryBatch.of(rows, user_idx=range(N_USERS)))


class Turns(NoCheckpoints):
    """Is called when a pass of ours is done, notes its seconds, and then has the peer train."""

    def __init__(self, peer: "subprocess.Popen[str]") -> None:
        self.seconds: list[float] = []
        self.theirs: list[float] = []
        self._peer, self._start = peer, perf_counter()

    def save(self, state: State) -> None:
        """Measure one turn."""
        self.seconds.append(perf_counter() - self._start)
        if self._peer.stdin is None or self._peer.stdout is None:
            raise RuntimeError("the peer has no pipes")
        self._peer.stdin.write("\n")
        self._peer.stdin.flush()
        self.theirs.append(float(self._peer.stdout.readline()))
        print(f"pass of {self.seconds[-1]:.1f} s; RecTools {self.theirs[-1]:,.0f} tokens a second", flush=True)
        self._start = perf_counter()


def measure(data: Dataset, python: Path, loss: str, turns: int, batches: int) -> list[Row]:
    negatives, of_theirs = LOSSES[loss]
    options = {"n_factors": WIDTH, "n_heads": 2, "session_max_len": LENGTH, "batches": batches, **of_theirs}
    with tempfile.TemporaryDirectory() as folder:
        write_given(given := Path(folder, "in.npz"), options, {"train": data.histories})
        pipe = subprocess.PIPE
        asked = script(python, "rectools_sasrec", "pace", given)
        with subprocess.Popen(asked, stdin=pipe, stdout=pipe, text=True) as peer:
            # The peer knows the places of events alone, no times.
            config = SequenceConfig(
                factors=WIDTH,
                inner_factors=WIDTH,
                max_length=LENGTH,
                negatives=negatives,
                epochs=1 + turns,
                patience=0,
                time_bias=False,
            )
            watch = Turns(peer)
            Sequence(config).resume(data, watch)
            peer.communicate()
    ours = (data.histories.lengths - 1).sum() / np.asarray(watch.seconds[1:])
    ratios = ours / np.asarray(watch.theirs[1:])
    print(f"{loss}: {np.median(ours):,.0f} tokens a second, {np.median(ratios):.2f}x", flush=True)
    row = f"training, {loss}, d=128, 2 blocks, 50 events, one core"
    command = "python -m benchmarks.speed.sequence_training"
    return [
        Row(
            row=row,
            metric="tokens a second",
            value=float(np.median(ours)),
            spread=float(np.ptp(ours) / 2),
            peer="RecTools 0.19 SASRec",
            peer_value=float(np.median(watch.theirs[1:])),
            peak_mb=peak_mb(),
            command=command,
        ),
        Row(
            row=row,
            metric="times faster than RecTools",
            value=float(np.median(ratios)),
            spread=float(np.ptp(ratios) / 2),
            reach=REACH,
            peer="RecTools 0.19 SASRec",
            peer_value=1.0,
            command=command,
        ),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--python", type=Path, default=Path(".bench-torch/bin/python"), help="of RecTools' environment")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--batches", type=int, default=12, help="of RecTools in each turn")
    args = parser.parse_args()
    data = shop()
    rows = [row for loss in LOSSES for row in measure(data, args.python, loss, args.turns, args.batches)]
    print(write("speed", "sequence_training", rows))


if __name__ == "__main__":
    if len(cores := os.sched_getaffinity(0)) > 1:
        # Libraries count the cores when they are loaded.
        os.sched_setaffinity(0, {min(cores)})
        os.execv(sys.executable, [sys.executable, "-m", "benchmarks.speed.sequence_training", *sys.argv[1:]])  # noqa: S606
    main()

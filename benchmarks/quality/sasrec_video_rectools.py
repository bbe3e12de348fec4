"""RecTools' SASRec on sasrec_video: our split, our metrics, its training.

It trains in the environment of `make bench-torch-env`, on the same actions as our models; the validation items tell it
only when to stop, by NDCG@10 of some users.
"""

import argparse
import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.peers.process import Peer, PeerConfig
from benchmarks.quality.datasets import sasrec_video
from benchmarks.quality.protocol import HERE, SEEDS, Settings, figures
from benchmarks.record import write
from shopkeeper.evaluation import Trial, evaluate, leave_one_out

TABLE, PEER, NAME = "sasrec_video", "rectools_sasrec", "RecTools SASRec"
VALIDATED = 2000
"""Users whose validation item training is stopped by."""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of the datasets")
    parser.add_argument(
        "--python", type=Path, default=Path(".bench-torch/bin/python"), help="of the peer's environment"
    )
    parser.add_argument("--seeds", type=int, default=len(SEEDS), help="how many of the seeds of all tables")
    args = parser.parse_args()
    settings: Settings = tomllib.loads((HERE / f"{TABLE}.toml").read_text())  # type: ignore[assignment]
    options = settings["peers"][PEER]
    data = sasrec_video(args.data)
    test, validation = leave_one_out(data), leave_one_out(data, validation=True)
    some = np.sort(np.random.default_rng(0).permutation(len(validation.truth))[:VALIDATED])
    peer = Peer(PeerConfig(peer=PEER, python=args.python, options=options), validation.truth.take(some))
    reports, seconds, said = [], [], []
    for seed in SEEDS[: args.seeds]:
        reports.append(evaluate({PEER: peer}, replace(test, train=validation.train), seed=seed))
        seconds.append(peer.seconds)
        said.append(peer.said)
    trial = Trial(
        options | {"passes": [of["epochs"] for of in said]}, float(np.mean([of["validation"] for of in said]))
    )
    rows = [
        replace(
            row,
            row=f"{TABLE}, {NAME}",
            by=NAME,
            peak_mb=max(of["peak_mb"] for of in said),
            command="python -m benchmarks.quality.sasrec_video_rectools",
        )
        for row in figures(TABLE, PEER, trial, reports, float(np.median(seconds)), settings)
    ]
    print(write(f"quality/{TABLE}", PEER, rows))


if __name__ == "__main__":
    main()

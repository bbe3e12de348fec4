"""Seconds and memory of a fit at one, five and twenty million interactions.

The shops have the same density: users and products both grow with the square root of the interactions, to 138k and 27k.
Each fit has a process to itself, which is handed the data in a file, so that its peak is that of the data and the fit.
Code is compiled on a small shop first.

    make bench-env
    .bench/bin/python -m benchmarks.speed.growth
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np
import scipy.sparse as sp

from benchmarks.record import Row, peak_mb, write
from benchmarks.speed.synthetic import ratings, shop
from shopkeeper import models
from shopkeeper.models.ease import EASEConfig

MODELS = ("popularity", "item_knn", "transitions", "als", "svd", "user_knn", "ease")
MILLIONS = (1, 5, 20)
COMMAND = "python -m benchmarks.speed.growth"


def make(millions: int, path: Path) -> None:
    """Write a shop of so many million interactions."""
    scale = (millions / 20) ** 0.5
    sp.save_npz(path, ratings(int(138_000 * scale), int(27_000 * scale), millions * 1_000_000), compressed=False)


def fit(model: str, path: Path) -> dict[str, float]:
    """Fit with the default options; return the seconds, and the peaks before and after in MB."""
    models.create(model).fit(shop(ratings(200, 100, 2000)))
    data = shop(sp.csr_matrix(sp.load_npz(path), dtype=np.float32))
    before = peak_mb()
    start = perf_counter()
    models.create(model).fit(data)
    return {"seconds": perf_counter() - start, "before_mb": before, "peak_mb": peak_mb(), "items": data.n_items}


def in_a_process(*arguments: str) -> str:
    """Run one step of this script by itself; return what it says."""
    command = [sys.executable, "-m", "benchmarks.speed.growth", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", nargs="+", default=list(MODELS))
    parser.add_argument("--millions", nargs="+", type=int, default=list(MILLIONS))
    parser.add_argument("--make", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--fit", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.make:
        make(args.millions[0], args.make)
    elif args.fit:
        print(json.dumps(fit(args.models[0], args.fit)))
    else:
        results: list[Row] = []
        for millions in args.millions:
            results += grown(args.models, millions)
            print(write("speed", "growth", results))


def grown(names: list[str], millions: int) -> list[Row]:
    """Fit all models at one size."""
    results = []
    with TemporaryDirectory() as folder:
        path = Path(folder) / "shop.npz"
        in_a_process("--millions", str(millions), "--make", str(path))
        for model in names:
            row = f"growth, {model}, {millions} M interactions"
            if model == "ease" and int(27_000 * (millions / 20) ** 0.5) > EASEConfig().max_items:
                print(f"{row}: more products than it takes")
                continue
            told = json.loads(in_a_process("--models", model, "--fit", str(path)))
            print(f"{row}: {told['seconds']:.1f} s, {told['peak_mb']:.0f} MB of which data {told['before_mb']:.0f}")
            figures = {"seconds": told["seconds"], "peak_mb": told["peak_mb"]}
            for metric, name in (("seconds to fit", "seconds"), ("MB at the peak, with the data", "peak_mb")):
                results.append(Row(row=row, metric=metric, value=told[name], command=COMMAND, **figures))
    return results


if __name__ == "__main__":
    main()

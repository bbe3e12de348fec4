"""What the machine can do, and the share of it that three kernels reach: similarity, sparse times dense, ALS.

Limits, on all cores, measured in the same run as the kernels:

    read:         bytes a second of an array far larger than the caches, summed
    scatter-add:  additions a second at random places of 32,768 sums, which is one block of the similarity kernel
    multiply-add: numbers a second in tiles that stay in registers

A kernel's share is the work it cannot do without, over its time, over the limit. For the read limit that is everything
it is given and returns, once: a small share says that it is the caches and the arithmetic that count, not the memory.

    make bench-env
    .bench/bin/python -m benchmarks.speed.limits
"""

from collections.abc import Callable
from time import perf_counter

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from benchmarks.record import Row, peak_mb, write
from benchmarks.speed.synthetic import ratings
from shopkeeper.kit.compiled import n_threads, parallel, prange
from shopkeeper.kit.least_squares import gram, improve_rows
from shopkeeper.kit.similarity import add_scaled
from shopkeeper.kit.sparse import RowIndex, times_dense, unit_rows
from shopkeeper.kit.tile import TILE_COLUMNS, TILE_ROWS, add_tile

Floats = NDArray[np.float32]
GIGA, BLOCK, RUNS, FACTORS, STEPS = 1e9, 32_768, 400, 64, 3


@parallel
def read(numbers: NDArray[np.int64], sums: NDArray[np.int64], n_cores: int) -> None:
    part = len(numbers) // n_cores
    for core in prange(n_cores):
        own, total = numbers[core * part : (core + 1) * part], np.int64(0)
        for i in range(len(own)):
            total += own[i]
        sums[core] = total


@parallel
def scatter(places: NDArray[np.uint16], values: Floats, sums: Floats, runs: int, n_cores: int) -> None:
    for core in prange(n_cores):
        for _ in range(runs):
            add_scaled(sums[core], places, values, np.float32(0.5))


@parallel
def multiply(left: Floats, right: Floats, out: Floats, runs: int, n_cores: int) -> None:
    for core in prange(n_cores):
        own = out[core * TILE_ROWS : (core + 1) * TILE_ROWS]
        for _ in range(runs):
            add_tile(own, 0, 0, left, right, 0, len(left), np.float32(1))


def seconds(action: Callable[[], object]) -> float:
    """Return the least of five runs after one to compile: a limit is what is possible."""
    action()
    times = []
    for _ in range(5):
        start = perf_counter()
        action()
        times.append(perf_counter() - start)
    return min(times)


def limits() -> dict[str, float]:
    """Return bytes, scatter-additions and multiply-additions a second."""
    cores, rng = n_threads(), np.random.default_rng(0)
    numbers, totals = np.ones(2**27, np.int64), np.zeros(cores, np.int64)
    places = rng.permutation(BLOCK)[:4000].astype(np.uint16)
    values, sums = np.ones(len(places), np.float32), np.zeros((cores, BLOCK), np.float32)
    left, right = (np.ones((256, width), np.float32) for width in (TILE_ROWS, TILE_COLUMNS))
    out, runs = np.zeros((cores * TILE_ROWS, TILE_COLUMNS), np.float32), 100 * RUNS
    additions, products = cores * 10 * RUNS * len(places), cores * runs * left.size * TILE_COLUMNS
    return {
        "read": numbers.nbytes / seconds(lambda: read(numbers, totals, cores)),
        "scatter-add": additions / seconds(lambda: scatter(places, values, sums, 10 * RUNS, cores)),
        "multiply-add": products / seconds(lambda: multiply(left, right, out, runs, cores)),
    }


def kernels(rows: "sp.csr_matrix[np.float32]") -> dict[tuple[str, str], float]:
    """Return what each kernel does of the work that a limit bounds, a second."""
    rng = np.random.default_rng(0)
    unit = unit_rows(rows)
    index, queries = RowIndex(unit), sp.csr_matrix(unit[:1000])
    additions = int(np.bincount(unit.indices, minlength=unit.shape[1])[queries.indices].sum())
    similarity = seconds(lambda: index.find(queries, 100))

    dense = rng.standard_normal((rows.shape[1], 32)).astype(np.float32)
    product = seconds(lambda: times_dense(rows, dense))
    entries = rows.data.nbytes + rows.indices.nbytes

    items = rng.standard_normal((rows.shape[1], FACTORS)).astype(np.float32) * np.float32(0.1)
    users, of_all = np.zeros((rows.shape[0], FACTORS), np.float32), gram(items)
    reg = np.full(len(users), 1, np.float32)
    half = seconds(lambda: improve_rows(rows, items, of_all, reg, users, STEPS))
    # Each step, and the one before the first, multiplies with every entry's factors, adds them up, and reads the gram.
    steps = (STEPS + 1) * (2 * rows.nnz * FACTORS + rows.shape[0] * FACTORS**2)
    return {
        ("similarity, ratings", "scatter-add"): additions / similarity,
        ("sparse times dense, 32 columns", "read"): (entries + dense.nbytes + 4 * rows.shape[0] * 32) / product,
        ("sparse times dense, 32 columns", "multiply-add"): rows.nnz * 32 / product,
        (f"als, half an epoch, {FACTORS} factors", "read"): (entries + items.nbytes + users.nbytes) / half,
        (f"als, half an epoch, {FACTORS} factors", "multiply-add"): steps / half,
    }


def main() -> None:
    command, bounds = "python -m benchmarks.speed.limits", limits()
    results = [
        Row(row="limit of the machine", metric=f"{name}, 10^9 a second", value=rate / GIGA, command=command)
        for name, rate in bounds.items()
    ]
    for (kernel, bound), rate in kernels(ratings()).items():
        print(f"{kernel}: {rate / GIGA:.2f} of {bounds[bound] / GIGA:.2f} 10^9 {bound} a second")
        results.append(
            Row(
                row=kernel,
                metric=f"share of the {bound} limit",
                value=rate / bounds[bound],
                peer=f"limit, 10^9 {bound} a second",
                peer_value=bounds[bound] / GIGA,
                peak_mb=peak_mb(),
                command=command,
            )
        )
    print(write("speed", "limits", results))


if __name__ == "__main__":
    main()

"""ALS of 64 factors in 15 epochs, next to implicit's, by conjugate gradient and by Cholesky's decomposition.

All in one run on the same matrix, with the same number of threads, confidences and regularisation; BLAS is held to one
thread, as implicit asks for. Rounds alternate; a figure is the median of the ratio within a round. The loss that both
minimise is measured after the last round, for the vectors of the products with the best vectors of the users.

    make bench-env
    .bench/bin/python -m benchmarks.speed.als
"""

import argparse
import os
from functools import partial

import numpy as np
import scipy.sparse as sp
from implicit.cpu.als import AlternatingLeastSquares  # type: ignore[import-not-found]
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from benchmarks.record import Row, in_turns, write
from benchmarks.speed.synthetic import ratings
from shopkeeper.kit.least_squares import gram, improve_rows, solve_rows

Floats = NDArray[np.float32]
FACTORS, REG, REACH, STEPS = 64, 0.1, 1.5, 3


def ours(rows: "sp.csr_matrix[np.float32]", epochs: int, steps: int) -> Floats:
    """Alternate as models/als.py does, with one regularisation for all; a rating is what confidence has above 1."""
    columns = sp.csr_matrix(rows.T)
    items = np.random.default_rng(0).standard_normal((rows.shape[1], FACTORS)).astype(np.float32) * np.float32(0.1)
    users = np.zeros((rows.shape[0], FACTORS), np.float32)
    of_users, of_items = (np.full(len(factors), REG, np.float32) for factors in (users, items))
    for _ in range(epochs):
        if steps:
            improve_rows(rows, items, gram(items), of_users, users, steps)
            improve_rows(columns, users, gram(users), of_items, items, steps)
        else:
            users = solve_rows(rows, items, gram(items), of_users)
            items = solve_rows(columns, users, gram(users), of_items)
    return items


def implicit(rows: "sp.csr_matrix[np.float32]", epochs: int, steps: int) -> Floats:
    """Give implicit the confidences themselves, which is what it takes."""
    confidences = sp.csr_matrix((rows.data + 1, rows.indices, rows.indptr), shape=rows.shape)
    model = AlternatingLeastSquares(
        factors=FACTORS, regularization=REG, iterations=epochs, use_cg=steps > 0, random_state=0
    )
    model.fit(confidences, show_progress=False)
    return np.asarray(model.item_factors, np.float32)


def loss(rows: "sp.csr_matrix[np.float32]", items: Floats) -> float:
    """Return what is minimised, sum of c (p - x.y)^2 + reg (|x|^2 + |y|^2)."""
    users = solve_rows(rows, items, gram(items), np.full(rows.shape[0], REG, np.float32)).astype(np.float64)
    user = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
    parts = [slice(first, first + 500_000) for first in range(0, rows.nnz, 500_000)]
    dots = np.concatenate([np.einsum("ij,ij->i", users[user[p]], items[rows.indices[p]]) for p in parts])
    everywhere = np.sum(gram(items).astype(np.float64) * (users.T @ users))
    entries = ((1 + rows.data) * (1 - dots) ** 2 - dots**2).sum()
    return float(everywhere + entries + REG * ((users**2).sum() + (items.astype(np.float64) ** 2).sum()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ratings", type=int, default=2_000_000)
    parser.add_argument("--epochs", type=int, default=15)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    threadpool_limits(1, "blas")
    rows = ratings(25_000, 10_000, args.ratings)
    # A CG round is short; Cholesky's takes minutes, so it has one.
    command = "python -m benchmarks.speed.als"
    results = []
    for solver, steps, rounds in (("conjugate gradient", STEPS, args.rounds), ("Cholesky", 0, 1)):
        for function in (ours, implicit):
            function(ratings(200, 100, 5000), 1, steps)
        turns = in_turns(
            {
                "ours": partial(ours, rows, args.epochs, steps),
                "implicit": partial(implicit, rows, args.epochs, steps),
            },
            rounds,
        )
        losses = {name: loss(rows, items) for name, items in turns.answers.items()}
        print(f"{solver}: loss {losses}, {os.cpu_count()} threads")
        row = f"als, {FACTORS} factors x {args.epochs} epochs, {rows.nnz / 1e6:.1f} M entries, {solver}"
        results += [
            turns.times_faster(row, "implicit", command, peer="implicit 0.7.3", reach=REACH),
            Row(
                row=row,
                metric="loss reached",
                value=losses["ours"],
                peer="implicit 0.7.3",
                peer_value=losses["implicit"],
                command=command,
            ),
        ]
    print(write("speed", "als", results))


if __name__ == "__main__":
    main()

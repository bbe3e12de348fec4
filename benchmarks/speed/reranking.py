"""How long it takes to re-rank 200 candidates for one person: each step alone, and all that a shipped scenario does.

100,000 products with a path of two categories, a brand, a price and a seller; a person of 200 events who was shown 200
products, of which a third of the candidates are; lists of ten, on one core. Each request has a history that is new.

    python -m benchmarks.speed.reranking
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial, reduce
from time import perf_counter, thread_time

import numpy as np

from benchmarks.record import Row, peak_mb, write
from shopkeeper.data.catalog import Product
from shopkeeper.data.columns import Columns
from shopkeeper.data.events import EventType
from shopkeeper.data.history import DAY_US, HistoryBatch
from shopkeeper.kit.money import Money
from shopkeeper.kit.settle import settle
from shopkeeper.pipeline import Step
from shopkeeper.ranking.calibration import calibrate
from shopkeeper.ranking.candidates import HALVED_AT, Candidates
from shopkeeper.ranking.caps import Caps, cap
from shopkeeper.ranking.diversity import diversify
from shopkeeper.ranking.durables import pause
from shopkeeper.ranking.exploring import Explorer, Exposures
from shopkeeper.ranking.exposure import level
from shopkeeper.ranking.fatigue import rotate, tire

ITEMS, CANDIDATES, EVENTS, N, ASKED = 100_000, 200, 200, 10, 2000
REACH = 1.0
_DPP = "diversity, DPP"


def shop(rng: np.random.Generator) -> Columns:
    kinds, brands, prices = rng.integers(0, 400, ITEMS), rng.zipf(1.3, ITEMS) % 5000, rng.lognormal(8, 1.5, ITEMS)
    told = zip(kinds.tolist(), brands.tolist(), prices.tolist(), strict=True)
    return Columns(
        Product(
            item_id=str(number),
            title="x",
            categories=(f"room {kind // 20} > shelf {kind}",),
            brand=f"brand {brand}",
            price=Money(int(price) + 1, "EUR"),
            attributes={"seller": f"seller {brand % 50}"},
        )
        for number, (kind, brand, price) in enumerate(told)
    )


def did(rng: np.random.Generator, kind: EventType) -> HistoryBatch:
    at = np.sort(rng.integers(0, 28 * DAY_US, EVENTS))
    return HistoryBatch(
        np.array([0, EVENTS]),
        rng.integers(0, ITEMS, EVENTS).astype(np.int32),
        np.full(EVENTS, kind, np.int8),
        at,
        np.ones(EVENTS, np.float32),
        np.full(EVENTS, np.nan, np.float32),
        np.array([28 * DAY_US]),
        np.array([-1], np.int32),
    )


def main() -> None:
    rng = np.random.default_rng(0)
    columns, vectors = shop(rng), rng.standard_normal((ITEMS, 64)).astype(np.float32)
    history, shown = did(rng, EventType.PURCHASE), did(rng, EventType.IMPRESSION)
    exposures = Exposures(counts := rng.poisson(100, ITEMS).astype(np.float64), counts / 20)
    pauses, nobody, caps = np.full(ITEMS, 20.0), np.zeros(ITEMS, np.bool_), Caps(brand=0.5, category=0.5, seller=0.5)
    possible, fresh = np.ones(ITEMS, np.bool_), rng.random(ITEMS) < 0.01
    chance = np.random.default_rng(0)

    settle()  # as who serves does

    def steps() -> dict[str, Step]:
        """Return the steps of a new request: nothing is known of its person yet."""
        own, lists = replace(history), replace(shown)
        diverse = partial(diversify, columns=columns, share=0.2, n=N)
        return {
            "fatigue": partial(tire, shown=lists, did=own, share=0.1),
            "rotation": partial(rotate, shown=lists, share=0.1),
            "pause of durable kinds": partial(
                pause, columns=columns, history=own, pauses=pauses, returned=nobody, share=0.9
            ),
            "level exposure": partial(level, crowding=exposures.crowding, share=0.05, n=N),
            "calibration": partial(calibrate, columns=columns, history=own, share=0.2, n=N),
            "diversity, MMR": diverse,
            "diversity, DPP": partial(diverse, method="dpp"),
            "diversity, DPP by vectors": partial(diverse, method="dpp_vectors", vectors=lambda items: vectors[items]),
            "caps": partial(cap, columns=columns, caps=caps, n=N),
            "exploration": Explorer(columns, own, exposures, possible, fresh, 0.1, N, 1, chance),
        }

    def one(name: str) -> Step:
        return steps()[name]

    def chained(*without: str) -> Step:
        chain = [step for name, step in steps().items() if not name.startswith(without)]
        return lambda found: reduce(lambda listed, step: step(listed), chain, found)

    rows = [row for name in steps() for row in measured(name, partial(one, name), shown, rng)]
    rows += measured("all of these, by MMR", partial(chained, _DPP), shown, rng)
    rows += measured("what the scenario `home` does", partial(chained, _DPP, "rotation", "level"), shown, rng)
    print(write("variety/speed", "reranking", rows))


def asked_for(shown: HistoryBatch, rng: np.random.Generator) -> Candidates:
    """Return candidates of which every third was shown to the person."""
    known = rng.choice(np.unique(shown.item_idx), CANDIDATES // 3, replace=False)
    others = np.setdiff1d(rng.choice(ITEMS, 2 * CANDIDATES, replace=False), known)
    items = rng.permutation(np.concatenate((known, rng.permutation(others)[: CANDIDATES - len(known)])))
    merit = HALVED_AT / (HALVED_AT + np.arange(CANDIDATES))
    return Candidates(items.astype(np.int32), np.ones(CANDIDATES, np.float32), np.zeros(CANDIDATES, np.int8), merit)


def measured(name: str, made: Callable[[], Step], shown: HistoryBatch, rng: np.random.Generator) -> list[Row]:
    took = np.empty((ASKED, 2))
    for asked in range(ASKED):
        found, step = asked_for(shown, rng), made()
        start = perf_counter(), thread_time()
        step(found)
        took[asked] = perf_counter() - start[0], thread_time() - start[1]
    p50, p99 = 1000 * np.quantile(took[200:], (0.5, 0.99), axis=0)
    print(f"{name}: p50 {p50[0]:.3f} ms, p99 {p99[0]:.3f}; of a core p50 {p50[1]:.3f}, p99 {p99[1]:.3f}", flush=True)
    return [
        Row(
            row=f"200 candidates, {name}",
            metric=metric,
            value=float(value),
            reach=REACH,
            seconds=float(took[:, 0].sum()),
            peak_mb=peak_mb(),
            command="python -m benchmarks.speed.reranking",
        )
        for metric, value in zip(("ms, p99", "ms of a core, p99"), p99, strict=True)
    ]


if __name__ == "__main__":
    main()

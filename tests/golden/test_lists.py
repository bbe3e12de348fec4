"""The same random requests give the same lists as before: all but levelling, exploration and all together as before
the steps were compiled, these since they were made anew."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from shopkeeper.data.catalog import Product
from shopkeeper.data.columns import Columns
from shopkeeper.data.events import EventType
from shopkeeper.data.history import DAY_US, HistoryBatch
from shopkeeper.kit.money import Money
from shopkeeper.pipeline import Step
from shopkeeper.ranking.calibration import calibrate
from shopkeeper.ranking.candidates import HALVED_AT, Candidates
from shopkeeper.ranking.caps import Caps, cap
from shopkeeper.ranking.diversity import diversify
from shopkeeper.ranking.durables import pause
from shopkeeper.ranking.exploring import Explorer, Exposures
from shopkeeper.ranking.exposure import level
from shopkeeper.ranking.fatigue import rotate, tire

ITEMS, N, SEEDS = 600, 10, range(12)
BEFORE = json.loads((Path(__file__).parent / "lists.json").read_text())


def shop() -> Columns:
    rng = np.random.default_rng(7)
    return Columns(
        Product(
            item_id=str(item),
            title="x",
            categories=tuple(
                f"room {kind % 5} > shelf {kind}" for kind in rng.integers(0, 30, rng.integers(0, 3)).tolist()
            ),
            brand=f"brand {brand}" if (brand := int(rng.zipf(1.5)) % 40) else None,
            price=Money(int(rng.lognormal(8, 1.5)) + 1, "EUR") if rng.random() < 0.9 else None,
            attributes={"seller": f"seller {brand % 7}"} if rng.random() < 0.8 else {},
        )
        for item in range(ITEMS)
    )


SHOP = shop()


def person(rng: np.random.Generator, types: list[EventType], n: int) -> HistoryBatch:
    return HistoryBatch(
        np.array([0, n]),
        rng.integers(0, ITEMS, n).astype(np.int32),
        rng.choice(types, n).astype(np.int8),
        np.sort(rng.integers(0, 40 * DAY_US, n)),
        np.ones(n, np.float32),
        np.full(n, np.nan, np.float32),
        np.array([40 * DAY_US]),
        np.array([-1], np.int32),
    )


def steps(rng: np.random.Generator) -> dict[str, Step]:
    """Return all steps for one random person."""
    did = person(rng, [EventType.VIEW, EventType.CLICK, EventType.PURCHASE], int(rng.integers(1, 120)))
    shown = person(rng, [EventType.IMPRESSION], int(rng.integers(1, 300)))
    exposures = Exposures(counts := rng.poisson(95, ITEMS).astype(np.float64), counts / 20)
    vectors = rng.standard_normal((ITEMS, 8)).astype(np.float32)
    vectors[rng.random(ITEMS) < 0.1] = np.nan
    pauses = np.where(rng.random(ITEMS) < 0.3, 60.0, np.nan)
    spread: Callable[..., Step] = partial(partial, diversify, columns=SHOP, share=0.3, n=N)
    return {
        "rotation": partial(rotate, shown=shown, share=0.5),
        "fatigue": partial(tire, shown=shown, did=did, share=0.3),
        "pause": partial(pause, columns=SHOP, history=did, pauses=pauses, returned=rng.random(ITEMS) < 0.2, share=0.9),
        "level": partial(level, crowding=exposures.crowding, share=1.0, n=N),
        "calibration": partial(calibrate, columns=SHOP, history=did, share=0.3, n=N),
        "mmr": spread(method="mmr"),
        "dpp": spread(method="dpp"),
        "dpp by vectors": spread(method="dpp_vectors", vectors=lambda items: vectors[items]),
        "caps": partial(cap, columns=SHOP, caps=Caps(brand=0.2, category=0.3, seller=0.3), n=N),
        "exploration": Explorer(
            SHOP, did, exposures, rng.random(ITEMS) < 0.8, rng.random(ITEMS) < 0.05, 0.3, N, 1, rng
        ),
    }


def found(rng: np.random.Generator) -> Candidates:
    n = int(rng.integers(1, 200))
    merit = HALVED_AT / (HALVED_AT + np.arange(n)) * rng.choice([1.0, 1.0, 2.0, 1e-6], n)
    items = rng.choice(ITEMS, n, replace=False).astype(np.int32)
    return Candidates(items, rng.random(n, np.float32), np.zeros(n, np.int8), merit).weighed(np.ones(n))


def lists(seed: int) -> dict[str, list[int]]:
    """Return what each step makes of some candidates, and what all do one after the other."""
    rng = np.random.default_rng(seed)
    given, made = found(rng), dict[str, list[int]]()
    for name, step in steps(rng).items():
        made[name] = step(given).item_idx[: 2 * N].tolist()
    together = given
    for step in steps(rng).values():
        together = step(together)
    return made | {"together": together.item_idx.tolist()}


@pytest.mark.parametrize("seed", SEEDS)
def test_lists_are_as_before(seed: int) -> None:
    assert lists(seed) == BEFORE[seed]

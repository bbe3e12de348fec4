"""What lists that keep a person's mix of kinds cost in accuracy, and what lists that show more products do.

ml_latest_small by genres, the newest fifth of each person's ratings to be foretold (people rate in one sitting each, so
that a moment for all would leave 23 of 671), and Online Retail by labelled categories, all from 2011-10-01. How much
the mix and the levelling count is chosen on a cut inside the learned part: the gentlest of what reaches 1.1
times the aim there. KL is that of the person's own mix against the list's, smoothed by .01 (Steck 2018); its fall and
the loss of NDCG are ratios of means over people, with paired bootstrap intervals.

Of the shop's default model, which shows few products to all, as much is asked: it is levelled, and its scores are
divided by powers of popularity.

    python -m benchmarks.quality.calibration
"""

import argparse
import csv
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import TypedDict

import duckdb
import numpy as np
from numpy.typing import NDArray

from benchmarks.quality.online_retail import CUT
from benchmarks.record import Row, peak_mb, write
from shopkeeper import Dataset, global_time, models, read_events
from shopkeeper.data.catalog import Product
from shopkeeper.data.columns import Columns
from shopkeeper.data.eventlog import EventLog
from shopkeeper.data.events import EventType
from shopkeeper.data.items import Exclude
from shopkeeper.data.vocabulary import Vocabulary
from shopkeeper.evaluation import Split
from shopkeeper.evaluation.metrics import ndcg
from shopkeeper.evaluation.run import asked
from shopkeeper.kit.calibrated import SMOOTHING
from shopkeeper.ranking.calibration import calibrate
from shopkeeper.ranking.candidates import HALVED_AT, Candidates
from shopkeeper.ranking.exploring import Exposures
from shopkeeper.ranking.exposure import level

HERE = Path(__file__).parent
Floats = NDArray[np.float64]
PARTS = ("categories",)
ROUNDS, COUNTS = 3, 20
"""Lists of each person, of which the last is judged, and how often what was shown is counted in a round."""


class Aim(TypedDict):
    """What must be reached, and for how much of NDCG."""

    metric: str
    reach: float
    loss: float


class Settings(TypedDict):
    """What the .toml holds."""

    models: list[str]
    default: str
    dampings: list[float]
    n: int
    candidates: int
    shares: list[float]
    priors: list[float]
    levels: list[float]
    margin: float
    aims: list[Aim]


@dataclass(frozen=True, slots=True)
class Options:
    """How lists are re-ranked."""

    share: float = 0.0
    prior: float = 0.0
    level: float = 0.0
    damping: float | None = None
    """Another than the model has by default."""


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """How lists do, person by person, and over the catalogue."""

    ndcg: Floats
    kl: Floats
    coverage: float
    gini: float
    """Of how often each product of the catalogue is listed."""
    gini_of_candidates: float
    """The same over what is a candidate of anybody: no order of candidates lists anything else."""

    def loss(self, of: "Judged") -> float:
        """Return the share of the NDCG of others that is lost."""
        return float(1 - self.ndcg.mean() / of.ndcg.mean())

    def fall(self, of: "Judged") -> float:
        """Return the share of the KL of others that is gone."""
        return float(1 - self.kl.mean() / of.kl.mean())


class Lists:
    """The candidates of everybody who is asked about, and what becomes of them."""

    def __init__(
        self, split: Split, model: str, columns: Columns, settings: Settings, given: Mapping[str, object] | None = None
    ) -> None:
        self.columns, self.n, self.n_items = columns, settings["n"], split.train.n_items
        self.queries, truth = asked(split, "exclude")
        scorer = models.create(model, given or {}).fit(split.train)
        self.best = scorer.top_n(self.queries, settings["candidates"], Exclude(seen=True)).item_idx
        self.truths = [set(truth.items_of(row).tolist()) for row in range(len(truth))]
        self.rows = [self.queries.take(np.array([row])) for row in range(len(self.queries))]
        self.kinds = np.zeros((self.n_items, max(1, columns.sets(PARTS).n_codes)))
        texts = columns.texts("categories")
        self.kinds[texts.row, texts.code] = 1
        self.kinds /= np.maximum(self.kinds.sum(axis=1, keepdims=True), 1)

    def lists(self, options: Options) -> list[NDArray[np.int32]]:
        """Return everybody's list; levelled ones when all have asked twice before, in an order of chance.

        A list counts from the next of 20 counts on, and for as long as it takes until everybody has asked again.
        """
        lists = [self._listed(row, Options(options.share, options.prior), np.empty(0)) for row in range(len(self.rows))]
        rng = np.random.default_rng(0)
        for _ in range(ROUNDS if options.level else 0):
            for rows in np.array_split(rng.permutation(len(lists)), COUNTS):
                times = np.bincount(np.concatenate(lists), minlength=self.n_items).astype(np.float64)
                crowding = Exposures(times, np.zeros(0)).crowding
                for row in rows.tolist():
                    lists[row] = self._listed(row, options, crowding)
        return lists

    def _listed(self, row: int, options: Options, crowding: Floats) -> NDArray[np.int32]:
        items = self.best[row][self.best[row] >= 0]
        merit = HALVED_AT / (HALVED_AT + np.arange(len(items)))
        found = Candidates(items, np.zeros(len(items), np.float32), np.zeros(len(items), np.int8), merit)
        if options.level:
            found = level(found, crowding, options.level, self.n)
        if options.share:
            did = self.rows[row]
            found = calibrate(found, self.columns, did, options.share, self.n, parts=PARTS, prior=options.prior)
        return found.item_idx[: self.n]

    def judged(self, options: Options) -> Judged:
        """Judge the lists."""
        lists = self.lists(options)
        hits = np.zeros((len(lists), self.n), np.bool_)
        kl, times = np.zeros(len(lists)), np.zeros(self.n_items)
        for row, items in enumerate(lists):
            hits[row, : len(items)] = [item in self.truths[row] for item in items.tolist()]
            kl[row] = self._divergence(self.rows[row].item_idx, items)
            times[items] += 1
        found = ndcg(hits, np.array([len(truth) for truth in self.truths]))
        candidates = np.unique(self.best[self.best >= 0])
        return Judged(found, kl, float((times > 0).mean()), _gini(times), _gini(times[candidates]))

    def _divergence(self, had: NDArray[np.int32], listed: NDArray[np.int32]) -> float:
        p, q = self.kinds[had].sum(axis=0), self.kinds[listed].sum(axis=0)
        if not p.any():
            return 0.0
        p /= p.sum()
        q = (1 - SMOOTHING) * q / max(q.sum(), 1e-12) + SMOOTHING * p
        return float((p[p > 0] * np.log(p[p > 0] / q[p > 0])).sum())


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of the datasets")
    settings: Settings = tomllib.loads((HERE / "calibration.toml").read_text())  # type: ignore[assignment]  # as TOML has no types
    data, rows = parser.parse_args().data, list[Row]()
    films, genres = movies(data / "ml_latest_small")
    rows += measured("ml_latest_small", newest_fifth(films), newest_fifth(films, validation=True), genres, settings)
    orders = Dataset.from_log(read_events(data / "online_retail" / "transactions.parquet"))
    kinds = labelled(orders.items)
    validation = global_time(orders, at=CUT, validation=True)
    rows += measured("online_retail", global_time(orders, at=CUT), validation, kinds, settings)
    print(write("variety", "calibration", rows))


def movies(folder: Path) -> tuple[Dataset, Columns]:
    """Return all ratings as interactions, and the films with their genres."""
    told = duckdb.execute(
        f"""SELECT userId AS user_id, movieId AS item_id, "timestamp" * 1000000 AS moment, rating
            FROM '{folder / "ratings.parquet"}' ORDER BY user_id, moment, item_id"""
    ).fetchnumpy()
    users, user_idx = np.unique(told["user_id"], return_inverse=True)
    items, item_idx = np.unique(told["item_id"], return_inverse=True)
    n = len(user_idx)
    log = EventLog(
        users=Vocabulary(f"{user:07}" for user in users.tolist()),
        items=Vocabulary(f"{item:07}" for item in items.tolist()),
        user_idx=user_idx.astype(np.int32),
        item_idx=item_idx.astype(np.int32),
        type=np.full(n, EventType.VIEW, np.int8),
        at=told["moment"].astype(np.int64),
        quantity=np.ones(n, np.float32),
        rating=told["rating"].astype(np.float32),
        price_minor=np.full(n, -1, np.int64),
        words=np.zeros(n, np.int32),
        of_page=np.zeros(n, np.bool_),
    )
    known = duckdb.execute(f"SELECT movieId, genres FROM '{folder / 'movies.parquet'}'").fetchall()
    genres = {f"{item:07}": told for item, told in known}
    data = Dataset.from_log(log)
    products = (_product(item_id, genres.get(item_id, "").split("|")) for item_id in data.items)
    return data, Columns(products)


def labelled(items: Vocabulary) -> Columns:
    """Return the products of Online Retail; of 2,739 a person or a careful reading said the category."""
    folder, known = Path("examples/online_retail"), dict[str, str]()
    for name in ("labels.csv", "more_labels.csv"):
        with (folder / name).open(encoding="utf-8") as file:
            known |= {row["item_id"]: row["category"] for row in csv.DictReader(file)}
    return Columns(_product(item_id, [known.get(item_id, "")]) for item_id in items)


def _product(item_id: str, kinds: Sequence[str]) -> Product:
    said = tuple(kind for kind in kinds if kind and not kind.startswith("("))
    return Product(item_id=item_id, title=item_id, categories=said)


def newest_fifth(data: Dataset, *, validation: bool = False) -> Split:
    """Cut the newest fifth of each person's interactions off, and for validation that of what is left."""
    histories, lengths = data.histories, data.histories.lengths
    place = np.arange(len(histories.item_idx)) - histories.indptr[:-1][histories.row_of]
    ends = np.round(lengths * (0.8**2 if validation else 0.8)).astype(np.int64)
    until = np.round(lengths * (0.8 if validation else 1.0)).astype(np.int64)
    known = histories.keep(place < ends[histories.row_of])
    truth = histories.keep((place >= ends[histories.row_of]) & (place < until[histories.row_of]))
    rows = np.flatnonzero((known.lengths > 0) & (truth.lengths > 0))
    return Split(
        train=data.with_histories(known),
        queries=known.take(rows),
        truth=truth.take(rows),
        name="newest fifth of each",
        is_validation=validation,
        n_cold=0,
        n_new_items=0,
    )


def measured(name: str, test: Split, validation: Split, columns: Columns, settings: Settings) -> list[Row]:
    began = perf_counter()
    tried = {model: Lists(validation, model, columns, settings) for model in settings["models"]}
    model = max(tried, key=lambda one: float(tried[one].judged(Options()).ndcg.mean()))
    inner, outer = tried[model], Lists(test, model, columns, settings)
    before = inner.judged(Options()), outer.judged(Options())
    mixes = [Options(share, prior) for share in settings["shares"] for prior in settings["priors"]]
    levels = [Options(level=one) for one in settings["levels"]]
    grids = {"KL": mixes, "coverage": levels, "Gini": levels}
    judged = {options: inner.judged(options) for grid in grids.values() for options in grid}
    rows = []
    for aim in settings["aims"]:
        grid = grids[aim["metric"]]
        moved = {one: _moved(judged[one], before[0], aim) for one in grid}
        enough = [one for one in grid if moved[one] >= settings["margin"]] or [max(grid, key=lambda one: moved[one])]
        best = min(enough, key=lambda one: (one.share, one.level, -moved[one]))
        rows += told(name, model, aim, best, before[1], outer.judged(best), perf_counter() - began)
    return rows + of_default(name, test, validation, columns, settings)


def of_default(name: str, test: Split, validation: Split, columns: Columns, settings: Settings) -> list[Row]:
    """Level the lists of the default model, and damp what is popular in it, until the aims about products are reached.

    Over all products: which are anybody's candidates is another set with each damping.
    """
    began, model, rows = perf_counter(), settings["default"], list[Row]()

    def lists(split: Split, damping: float | None) -> Lists:
        given = None if damping is None else {"popularity_damping": damping}
        return Lists(split, model, columns, settings, given)

    before = tuple(lists(split, None).judged(Options()) for split in (validation, test))
    judged = {
        (options := Options(level=one, damping=damping)): damped.judged(options)
        for damping in settings["dampings"]
        for damped in [lists(validation, damping)]
        for one in settings["levels"]
    }
    for aim in settings["aims"]:
        if aim["metric"] == "KL":
            continue
        over_all = aim | {"metric": "coverage" if aim["metric"] == "coverage" else "Gini of all"}
        moved = {options: _moved(after, before[0], over_all) for options, after in judged.items()}
        enough = [one for one in judged if moved[one] >= settings["margin"]]
        best = (
            enough[0]
            if enough
            else max(judged, key=lambda one: moved[one] if judged[one].loss(before[0]) <= aim["loss"] else -1.0)
        )
        after = lists(test, best.damping).judged(best)
        rows += told(name, model, aim, best, before[1], after, perf_counter() - began)
    return rows


def _moved(after: Judged, before: Judged, aim: Aim) -> float:
    """Return how much of the aim is reached; 1: all of it."""
    moved = {
        "KL": after.fall(before),
        "coverage": after.coverage / before.coverage - 1,
        "Gini": 1 - after.gini_of_candidates / before.gini_of_candidates,
        "Gini of all": 1 - after.gini / before.gini,
    }
    return moved[aim["metric"]] / aim["reach"]


def _gini(times: Floats) -> float:
    ordered = np.sort(times)
    return float(1 - 2 * (np.cumsum(ordered) / ordered.sum()).mean() + 1 / len(ordered))


def told(name: str, model: str, aim: Aim, options: Options, before: Judged, after: Judged, seconds: float) -> list[Row]:
    row = f"{name}, {model}, at most {aim['loss']:.0%} of NDCG@10"
    figures: dict[str, tuple[float, float | None, float | None]] = {}
    if aim["metric"] == "KL":
        figures["KL, share that is gone"] = (after.fall(before), _spread(after.kl, before.kl), aim["reach"])
    else:
        row += f", for {aim['metric']}"
        over, reach = "exposure Gini, relative fall", aim["reach"] if aim["metric"] == "Gini" else None
        wide = aim["reach"] if aim["metric"] == "coverage" else None
        figures["coverage, relative gain"] = (after.coverage / before.coverage - 1, None, wide)
        figures[over] = (1 - after.gini / before.gini, None, reach)
        among = 1 - after.gini_of_candidates / before.gini_of_candidates
        figures[f"{over}, of anybody's candidates"] = (among, None, reach)
    figures["NDCG@10, share that is lost"] = (after.loss(before), _spread(after.ndcg, before.ndcg), aim["loss"])
    figures["NDCG@10 before"] = (float(before.ndcg.mean()), None, None)
    figures["KL before"] = (float(before.kl.mean()), None, None)
    print(row, options, {metric: round(value, 4) for metric, (value, *_) in figures.items()}, flush=True)
    return [
        Row(
            row=row,
            metric=metric,
            value=value,
            spread=spread,
            reach=reach,
            seconds=seconds,
            peak_mb=peak_mb(),
            options=asdict(options),
            command="python -m benchmarks.quality.calibration",
        )
        for metric, (value, spread, reach) in figures.items()
    ]


def _spread(after: Floats, before: Floats) -> float:
    """Return half the 95 % interval of the ratio of two means over the same people."""
    rng, n, ratios = np.random.default_rng(0), len(after), np.empty(1000)
    for sample in range(len(ratios)):
        drawn = np.bincount(rng.integers(0, n, n), minlength=n)
        ratios[sample] = (drawn @ after) / (drawn @ before)
    low, high = np.quantile(ratios, (0.025, 0.975))
    return float(high - low) / 2


if __name__ == "__main__":
    main()

"""Whom an e-mail moves to visit: the randomised experiment of Hillstrom (2008), women's and men's against none.

Three times two halves of the people, as many given and as many visitors in each; the learner is chosen inside the half
that is learned from. Beside it a response model: who is likely to visit, by the same trees. Then the gate, on all
people, and on shuffles of who got the e-mail: each goes through learners and permutations as the real one does.

    python -m benchmarks.quality.hillstrom
"""

import argparse
import csv
import tomllib
import warnings
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from time import perf_counter
from typing import TypedDict

import duckdb
import numpy as np
from numpy.typing import NDArray

from benchmarks.record import RESULTS, Row, peak_mb, picture, write
from shopkeeper.coupons.boosting import Mean, TreesConfig
from shopkeeper.coupons.choosing import LEARNERS, best, crossed, halves
from shopkeeper.coupons.gate import LEVEL, gate
from shopkeeper.coupons.pictures import qini_svg
from shopkeeper.coupons.qini import Curve, Trial, curve

HERE = Path(__file__).parent
COMMAND = "python -m benchmarks.quality.hillstrom"
Floats = NDArray[np.float64]
SHUFFLES = RESULTS / "coupons" / "quality" / "hillstrom_shuffles.csv"
"""The p of each: without it all are made again, in a quarter of an hour."""
CHOSEN, RESPONSE = "chosen", "response model"


class Settings(TypedDict):
    """What the .toml holds."""

    repeats: int
    shuffles: int
    permutations: int
    reach: dict[str, float]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of the datasets")
    parser.add_argument("--jobs", type=int, default=1, help="shuffles at a time")
    settings: Settings = tomllib.loads((HERE / "hillstrom.toml").read_text())  # type: ignore[assignment]
    arguments = parser.parse_args()
    rows = []
    for whose in ("women's", "men's"):
        rows += ordered(whose, *people(arguments.data, whose), settings)
    for whose in ("women's", "men's"):
        rows += judged(whose, *people(arguments.data, whose))
    rows += shuffled(*people(arguments.data, "women's"), settings, arguments.jobs)
    print(write("coupons/quality", "hillstrom", rows))


def people(data: Path, whose: str) -> tuple[Floats, Trial]:
    """Return the features of who got one of the e-mails or none, and who visited within two weeks."""
    columns = duckdb.execute(f"SELECT * FROM '{data / 'hillstrom' / 'hillstrom.parquet'}'").fetchnumpy()
    arm = columns["segment"].astype(str)
    given, none = arm == f"{whose.replace(chr(39), '').capitalize()} E-Mail", arm == "No E-Mail"
    told = [columns[name] for name in ("recency", "history", "mens", "womens", "newbie")]
    for name in ("zip_code", "channel"):
        kinds = columns[name].astype(str)
        told += [kinds == kind for kind in np.unique(kinds)]
    own = given | none
    x = np.column_stack([np.asarray(column, np.float64) for column in told])
    return x[own], Trial.of(given[own], columns["visit"][own])


def ordered(whose: str, x: Floats, trial: Trial, settings: Settings) -> list[Row]:
    """Measure the orders of people who were not learned from."""
    start, curves, scores = perf_counter(), dict[str, list[Curve]](), list[float]()
    for seed, rows in enumerate(halves(trial, 1, settings["repeats"])):
        known, asked = trial.take(~rows), trial.take(rows)
        none = np.zeros(len(known.outcome))
        chosen, _ = best(crossed(x[~rows], known, none, seed), known, none, np.random.default_rng(seed))
        told = {name: learner.fit(x[~rows], known, seed).effect(x[rows]) for name, learner in LEARNERS.items()}
        told[CHOSEN] = told[chosen]
        told[RESPONSE] = Mean.fit(x[~rows], known.outcome, known.weight, TreesConfig(), seed).mean(x[rows])
        for name, score in told.items():
            curves.setdefault(name, []).append(curve(score, asked))
        scores.append(cross_checked(told[chosen], asked))
    figures = {
        name: {"Qini": [c.qini for c in own], "top half's share": [c.held(0.5) for c in own]}
        for name, own in curves.items()
    }
    figures[CHOSEN]["qini_auc_score"] = scores
    seconds = perf_counter() - start
    picture(f"qini_hillstrom_{whose.replace(chr(39), '')}", qini_svg(curves[CHOSEN][0], f"{whose} e-mail, first half"))
    found = []
    for name, own in figures.items():
        for metric, values in own.items():
            print(f"{whose} {name} {metric} {np.mean(values):.5f}", flush=True)
            if name == RESPONSE:
                continue
            is_ours, has_peer = name == CHOSEN and whose == "women's", metric in figures[RESPONSE]
            learner = "the chosen learner" if name == CHOSEN else f"{name}-learner"
            found.append(
                Row(
                    row=f"hillstrom, {whose} e-mail, visits, {learner}",
                    metric=metric,
                    value=float(np.mean(values)),
                    spread=float(1.96 * np.std(values, ddof=1) / len(values) ** 0.5),
                    reach=settings["reach"][metric] if is_ours else None,
                    peer=RESPONSE if has_peer else None,
                    peer_value=float(np.mean(figures[RESPONSE][metric])) if has_peer else None,
                    of_seeds=tuple(values),
                    seconds=seconds,
                    peak_mb=peak_mb(),
                    command=COMMAND,
                )
            )
    return found


def cross_checked(score: Floats, trial: Trial) -> float:
    """Return scikit-uplift's figure: the same area, as a part of that of a perfect order."""
    from sklift.metrics import qini_auc_score, qini_curve  # type: ignore[import-not-found]

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # of a helper that scikit-learn will drop
        n, gained = qini_curve(trial.outcome, score, trial.treated.astype(int))
        area = np.trapezoid(gained, n) - n[-1] * gained[-1] / 2
        if not np.isclose(area / (trial.treated.sum() * n[-1]), curve(score, trial).qini):
            raise ValueError("Our Qini is not scikit-uplift's.")
        return float(qini_auc_score(trial.outcome, score, trial.treated.astype(int)))


def judged(whose: str, x: Floats, trial: Trial) -> list[Row]:
    """Let the gate judge all people."""
    start = perf_counter()
    verdict = gate(crossed(x, trial, np.zeros(len(x)), 0), trial, np.random.default_rng(0))
    print(whose, verdict.why, flush=True)
    row = Row(
        row=f"gate, {whose} e-mail: {'targeted' if verdict.policy == 'targeted' else 'not targeted'}",
        metric="p",
        value=float(verdict.p or 0),
        seconds=perf_counter() - start,
        peak_mb=peak_mb(),
        command=COMMAND,
    )
    return [row]


def shuffled(x: Floats, trial: Trial, settings: Settings, jobs: int) -> list[Row]:
    """Count how often the gate refuses to target after a shuffle of who got the e-mail; known ones are read."""
    start, n = perf_counter(), settings["shuffles"]
    known = {seed: float(p) for seed, p in csv.reader(SHUFFLES.open())} if SHUFFLES.exists() else {}
    tasks = [(x, trial, seed, settings["permutations"]) for seed in range(n) if str(seed) not in known]
    with ProcessPoolExecutor(jobs) as pool, SHUFFLES.open("a") as file:
        for task, p in zip(tasks, pool.map(_p, tasks), strict=True):
            known[str(task[2])] = p
            print(task[2], p, file=file, sep=",", flush=True)
    refused = sum(known[str(seed)] >= LEVEL for seed in range(n))
    print(f"refused {refused} of {n}", flush=True)
    row = Row(
        row=f"gate, women's e-mail, {n} shuffles of who got it",
        metric="refused",
        value=refused / n,
        reach=settings["reach"]["refused shuffles"],
        seconds=perf_counter() - start,
        peak_mb=peak_mb(),
        command=COMMAND,
    )
    return [row]


def _p(task: tuple[Floats, Trial, int, int]) -> float:
    x, trial, seed, permutations = task
    rng = np.random.default_rng(seed)
    chance = Trial.of(rng.permutation(trial.treated), trial.outcome)
    return float(gate(crossed(x, chance, np.zeros(len(x)), seed), chance, rng, permutations).p or 0)


if __name__ == "__main__":
    main()

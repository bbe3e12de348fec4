"""What a policy would have brought, told from another one's log: synthetic, so that the truth is known.

A decision is one of ten offers. What each brings has a mean of 100 + 40 sin(w_k x) + 15 k / 10 minor units, x ten
features of a person and w_k drawn once, and a spread of 60; a tenth of the decisions is drawn evenly, the others were
what a linear guess with errors called best. Asked is what the best by another guess would have brought. 200 logs, each
with people and rewards of its own; the truth is the policy's mean over a million other people.

    python -m benchmarks.quality.off_policy
"""

import tomllib
from pathlib import Path
from time import perf_counter
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from benchmarks.record import Row, peak_mb, write
from shopkeeper.coupons.off_policy import Log, evaluate, expected_rewards

HERE = Path(__file__).parent
COMMAND = "python -m benchmarks.quality.off_policy"
Floats = NDArray[np.float64]


class Settings(TypedDict):
    """What the .toml holds."""

    runs: int
    decisions: int
    offers: int
    explore: float
    reach: dict[str, float]


def main() -> None:
    settings: Settings = tomllib.loads((HERE / "off_policy.toml").read_text())  # type: ignore[assignment]
    start, k = perf_counter(), settings["offers"]
    rng = np.random.default_rng(0)
    turn, logging, asked = (rng.standard_normal((10, k)) / 10**0.5 for _ in range(3))
    names = ("ips", "snips", "dr")
    errors: dict[str, list[float]] = {name: [] for name in names}
    inside: dict[str, list[bool]] = {name: [] for name in names}
    effective, truth = list[float](), brought(turn, asked)
    for run in range(settings["runs"]):
        rng = np.random.default_rng(1000 + run)
        x = rng.standard_normal((settings["decisions"], 10))
        mean = 100 + 40 * np.sin(x @ turn) + 15 * np.arange(k) / k
        log = logged(mean, (x @ (turn + logging)).argmax(axis=1), settings["explore"], rng)
        best = (x @ (turn + asked)).argmax(axis=1)
        told = evaluate(log, np.eye(k)[best], expected_rewards(x, log, k, seed=run))
        effective.append(told.effective)
        for name in names:
            figure = getattr(told, name)
            errors[name].append(abs(figure.value / truth - 1))
            inside[name].append(figure.low <= truth <= figure.high)
    seconds, rows = perf_counter() - start, []
    print(f"effective sample size {np.mean(effective):.0f}, {seconds:.0f} s")
    for name in names:
        for metric, value, reach in (
            ("relative error", float(np.mean(errors[name])), settings["reach"]["error, most"]),
            ("coverage of the 95 % interval", float(np.mean(inside[name])), settings["reach"]["coverage, least"]),
        ):
            print(name, metric, round(value, 4), flush=True)
            rows.append(
                Row(
                    row=f"off-policy, {name.upper()}, 10 offers, 50,000 decisions, a tenth explored",
                    metric=metric,
                    value=value,
                    reach=reach if name == "dr" else None,
                    seconds=seconds,
                    peak_mb=peak_mb(),
                    command=COMMAND,
                )
            )
    print(write("coupons/quality", "off_policy", rows))


def brought(turn: Floats, asked: Floats) -> float:
    """Return what the asked policy brings in the mean."""
    x, k = np.random.default_rng(1).standard_normal((1_000_000, len(turn))), turn.shape[1]
    best = (x @ (turn + asked)).argmax(axis=1)
    return float(np.mean(100 + 40 * np.sin((x * turn.T[best]).sum(axis=1)) + 15 * best / k))


def logged(mean: Floats, usual: NDArray[np.int64], explore: float, rng: np.random.Generator) -> Log:
    """Return what happened where some decisions were drawn evenly and the others as usual."""
    n, k = mean.shape
    decision = np.where(rng.random(n) < explore, rng.integers(0, k, n), usual)
    probability = explore / k + (1 - explore) * (decision == usual)
    return Log(decision, probability, mean[np.arange(n), decision] + 60 * rng.standard_normal(n))


if __name__ == "__main__":
    main()

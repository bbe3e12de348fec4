"""Write measured figures where the tables are made from: benchmarks/results/<area>/<row>.json."""

import json
import os
import platform
import resource
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import perf_counter, sleep
from typing import Generic, TypeVar

import numpy as np

T = TypeVar("T")

RESULTS = Path(__file__).parent / "results"
IMAGES = Path(__file__).parents[1] / "docs" / "images"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One published figure, with what is needed to judge and repeat it."""

    row: str
    metric: str
    value: float
    command: str
    spread: float | None = None
    """Half the 95 % interval, in the metric's unit."""
    reach: float | None = None
    """What it should reach."""
    peer: str | None = None
    peer_value: float | None = None
    by: str | None = None
    """Whose model it is, where it is not ours: a peer that was measured in our own runs."""
    seeds: tuple[int, ...] = (0,)
    of_seeds: tuple[float, ...] = ()
    """The value with each seed, where there are several; `value` is their mean."""
    seconds: float | None = None
    peak_mb: float | None = None
    options: Mapping[str, object] = field(default_factory=dict)
    """Of the model, as chosen on validation."""
    validation: float | None = None
    """What these options reached there, by the metric that chose them."""


@dataclass(frozen=True)
class Turns(Generic[T]):
    """What contenders took, and what they answered last."""

    seconds: Mapping[str, list[float]]
    answers: Mapping[str, T]

    def times_faster(
        self,
        row: str,
        than: str,
        command: str,
        *,
        ours: str = "ours",
        peer: str | None = None,
        reach: float | None = None,
    ) -> Row:
        """Return the median over turns of a contender's seconds over ours."""
        ratios = np.array(self.seconds[than]) / np.array(self.seconds[ours])
        took = float(np.median(self.seconds[ours]))
        print(f"{row}: {took:.3g} s, {np.median(ratios):.2f} times faster than {than}", flush=True)
        return Row(
            row=row,
            metric=f"times faster than {than}",
            value=float(np.median(ratios)),
            spread=float(np.ptp(ratios) / 2) if len(ratios) > 1 else None,
            reach=reach,
            peer=peer or than,
            peer_value=1.0,
            seconds=took,
            peak_mb=peak_mb(),
            command=command,
        )


def in_turns(contenders: Mapping[str, Callable[[], T]], turns: int) -> Turns[T]:
    """Time contenders one after the other, in turns."""
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    answers = {}
    for _ in range(turns):
        for name, action in contenders.items():
            sleep(0.5)  # until the threads of whoever ran before have stopped waiting busily for more
            start = perf_counter()
            answers[name] = action()
            seconds[name].append(perf_counter() - start)
    return Turns(seconds, answers)


def peak_mb() -> float:
    """Return the largest memory this process has held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def picture(name: str, svg: str) -> None:
    """Replace a picture that the pages show."""
    (IMAGES / f"{name}.svg").write_text(svg)


def write(area: str, name: str, rows: Sequence[Row]) -> Path:
    """Replace the figures of one script, all at once."""
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True)
    around = {"machine": f"{os.cpu_count()} cores, {platform.machine()}", "commit": commit.stdout.strip()}
    path = RESULTS / area / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    new.write_text(json.dumps([asdict(row) | around for row in rows], indent=1) + "\n")
    new.replace(path)
    return path

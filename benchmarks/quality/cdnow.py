"""How often the customers of CDNOW come back, and what they spend: 39 weeks to learn from, 39 to foresee.

BG/NBD alone on the sample that the literature uses, every tenth customer in an order that is lost (who they are is
read from the package Lifetimes, which ships it), and on all 23,570; then `CustomerValue`, which chose how near to which
of its two models to be inside the 39 weeks.

    python -m benchmarks.quality.cdnow
"""

import argparse
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from time import perf_counter
from typing import TypedDict

import duckdb
import numpy as np
from numpy.typing import NDArray

from benchmarks.record import Row, peak_mb, write
from shopkeeper.prediction.customers import Orders
from shopkeeper.prediction.lifetimes import Comebacks
from shopkeeper.prediction.value import CustomerValue

HERE = Path(__file__).parent
WEEK = 7
Floats = NDArray[np.float64]


class Reach(TypedDict):
    """What one table should reach."""

    reach: dict[str, float]


class Settings(TypedDict):
    """What the .toml holds."""

    first_day: date
    calibration_days: int
    horizon_days: int
    published: dict[str, float]
    sample: Reach
    master: Reach
    blend: Reach


@dataclass(frozen=True)
class Foreseen:
    """Of each customer, what was expected and what came."""

    purchases: Floats
    worth: Floats
    came: Floats
    paid: Floats

    def figures(self) -> dict[str, float]:
        """Return what is published."""
        best = np.argsort(-self.worth, kind="stable")[: len(self.worth) // 10]
        return {
            "correlation": float(np.corrcoef(self.purchases, self.came)[0, 1]),
            "RMSE": float(np.sqrt(((self.purchases - self.came) ** 2).mean())),
            "total, off by": abs(float(self.purchases.sum() / self.came.sum()) - 1),
            "revenue of the top 10 %": float(self.paid[best].sum() / self.paid.sum()),
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of the datasets")
    data: Path = parser.parse_args().data
    settings: Settings = tomllib.loads((HERE / "cdnow.toml").read_text())  # type: ignore[assignment]
    sample, master = orders(data, ids_of_sample()), orders(data, list(range(1, 23_571)))
    found = [*lives("sample", sample, settings), *lives("master", master, settings), *blend(master, settings)]
    print(write("prediction", "cdnow", found))


def ids_of_sample() -> list[int]:
    """Return which customers of all are in the sample."""
    try:
        told = distribution("Lifetimes").locate_file("lifetimes/datasets/CDNOW_sample.txt")
    except PackageNotFoundError:
        raise SystemExit("pip install --no-deps -r benchmarks/requirements-cdnow.txt") from None
    return sorted({int(line.split()[0]) for line in Path(str(told)).read_text().splitlines() if line.strip()})


def orders(data: Path, ids: list[int]) -> Orders:
    """Return the orders of some customers, numbered as they are listed; a day is one order."""
    rows = duckdb.execute(
        f"""SELECT place, date - DATE '1970-01-01' AS day, 100 * sum(dollar_value) AS worth
            FROM '{data / "cdnow" / "transactions.parquet"}'
            JOIN (SELECT unnest($ids) AS customer_id, unnest(range(len($ids))) AS place) USING (customer_id)
            GROUP BY ALL ORDER BY place, day""",
        {"ids": ids},
    ).fetchnumpy()
    place, day, worth = (np.asarray(rows[name]) for name in ("place", "day", "worth"))
    return Orders(len(ids), place.astype(np.int32), day.astype(np.int64), worth.astype(np.float64))


def lives(name: str, past: Orders, settings: Settings) -> list[Row]:
    """Return the figures of BG/NBD alone."""
    end, horizon, start = last_day(settings), settings["horizon_days"], perf_counter()
    customers = past.customers(end)
    told = customers.repeats, customers.last / WEEK, customers.age / WEEK
    model = Comebacks.fit(*told)
    expected = model.purchases(*told, horizon / WEEK)
    seconds = perf_counter() - start
    fitted = {"log-likelihood": float(model.log_likelihood(*told).sum())}
    fitted |= {"r": model.r, "alpha": model.alpha, "a": model.a, "b": model.b}
    figures = (
        fitted | Foreseen(expected, expected * customers.mean, *past.came(customers, end, end + horizon)).figures()
    )
    reach = settings["sample"]["reach"] if name == "sample" else settings["master"]["reach"]
    return rows(f"{name}, BG/NBD", figures, reach, settings["published"] if name == "sample" else {}, seconds)


def blend(past: Orders, settings: Settings) -> list[Row]:
    """Return the figures of what the shop is told."""
    end, horizon, start = last_day(settings), settings["horizon_days"], perf_counter()
    model, customers = CustomerValue.fit(past, end, horizon), past.customers(end)
    expected, worth = model.purchases(customers, horizon), model.worth(customers, horizon)
    seconds = perf_counter() - start
    figures = Foreseen(expected, worth, *past.came(customers, end, end + horizon)).figures()
    figures["share of the regression"] = model.share
    return rows("master, blend", figures, settings["blend"]["reach"], {}, seconds)


def last_day(settings: Settings) -> int:
    """Return the last day to learn from, since 1970."""
    return (settings["first_day"] - date(1970, 1, 1)).days + settings["calibration_days"] - 1


def rows(
    name: str,
    figures: Mapping[str, float],
    reach: Mapping[str, float],
    published: Mapping[str, float],
    seconds: float,
) -> list[Row]:
    print(name, {metric: round(value, 4) for metric, value in figures.items()}, flush=True)
    return [
        Row(
            row=f"cdnow {name}",
            metric=metric,
            value=value,
            reach=reach.get(metric),
            peer="Fader, Hardie and Lee 2005" if metric in published else None,
            peer_value=published.get(metric),
            seconds=seconds,
            peak_mb=peak_mb(),
            command="python -m benchmarks.quality.cdnow",
        )
        for metric, value in figures.items()
    ]


if __name__ == "__main__":
    main()

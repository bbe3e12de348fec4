"""Who leaves, and what who stays will pay in 90 days: Online Retail at three moments, against RFM scoring.

Each moment learns from what came before it alone. The customers are all who had ordered by then; ours are `churn` and
`value_90d`, as `shopkeeper predict` makes them. RFM scoring is the sum of the fifths of recency, frequency and money,
calibrated at the moment 90 days earlier.

    python -m benchmarks.quality.online_retail_predictions
"""

import argparse
import tomllib
from datetime import UTC, date, datetime
from pathlib import Path
from time import perf_counter
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from benchmarks.record import Row, peak_mb, picture, write
from shopkeeper import read_events
from shopkeeper.kit.calibration import Calibration
from shopkeeper.kit.clock import from_us, to_us
from shopkeeper.prediction.behaviour import Behaviour
from shopkeeper.prediction.customers import DAY_US, Customers, Orders
from shopkeeper.prediction.definition import Prediction
from shopkeeper.prediction.outlook import Outlook
from shopkeeper.prediction.quality import Quality
from shopkeeper.prediction.reliability import reliability_svg

HERE = Path(__file__).parent
Floats = NDArray[np.float64]


class Settings(TypedDict):
    """What the .toml holds."""

    cuts: list[date]
    horizon_days: int
    reach: dict[str, float]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of the datasets")
    settings: Settings = tomllib.loads((HERE / "online_retail_predictions.toml").read_text())  # type: ignore[assignment]
    told = Behaviour.of(read_events(parser.parse_args().data / "online_retail" / "transactions.parquet"), {})
    found = [row for cut in settings["cuts"] for row in at(told, cut, settings)]
    print(write("prediction", "online_retail", found))


def at(told: Behaviour, cut: date, settings: Settings) -> list[Row]:
    """Return the figures of one moment, the last microsecond before a day."""
    horizon, start = settings["horizon_days"], perf_counter()
    last = to_us(datetime(cut.year, cut.month, cut.day, tzinfo=UTC)) - 1
    orders, day, moment = Orders.of(told.log), last // DAY_US, from_us(last)
    customers = orders.customers(day)
    came, paid = orders.came(customers, day, day + horizon)
    shared = {"about": "of the benchmark", "not_for": "anything else"}
    shoppers = [told.log.users[int(user)] for user in customers.user_idx]
    ours = {}
    for model, days in (("churn", None), ("value", horizon)):
        prediction = Prediction.model_validate(shared | {"model": model, "horizon_days": days})
        scores = Outlook.fit(prediction, told, moment).scores(told, shoppers, moment, why=False)
        ours[model] = np.array([score.value for score in scores], float)
    earlier = orders.customers(day - horizon)
    curve = Calibration.fit(rfm(earlier), orders.came(earlier, day - horizon, day)[0] > 0)
    own, other = (Quality.of(p, came == 0) for p in (ours["churn"], 1 - curve.probability(rfm(customers))))
    best = np.argsort(-ours["value"], kind="stable")[: len(paid) // 10]
    by_rfm = np.argsort(-rfm(customers), kind="stable")[: len(paid) // 10]
    figures = {
        "churn, AUC": (own.auc, other.auc),
        "churn, Brier": (own.brier, other.brier),
        "churn, ECE": (own.ece, other.ece),
        "revenue of the top 10 %": (float(paid[best].sum() / paid.sum()), float(paid[by_rfm].sum() / paid.sum())),
        "total, off by": (abs(float(ours["value"].sum() / paid.sum()) - 1), None),
    }
    print(cut, figures, flush=True)
    picture(f"reliability_churn_{cut}", reliability_svg(own, f"churn, online_retail, {cut}"))
    return [
        Row(
            row=f"online_retail, {cut}",
            metric=metric,
            value=value,
            reach=settings["reach"].get(metric),
            peer=None if of_rfm is None else "RFM scoring",
            peer_value=of_rfm,
            seconds=perf_counter() - start,
            peak_mb=peak_mb(),
            command="python -m benchmarks.quality.online_retail_predictions",
        )
        for metric, (value, of_rfm) in figures.items()
    ]


def rfm(customers: Customers) -> Floats:
    """Return the sum of the fifths of recency, frequency and money, between 0 and 1."""
    columns = (customers.last - customers.age, customers.repeats, customers.spent)
    fifths = [np.argsort(np.argsort(column, kind="stable")) * 5 // len(column) for column in columns]
    return np.asarray((sum(fifths) + 1) / 14, np.float64)


if __name__ == "__main__":
    main()

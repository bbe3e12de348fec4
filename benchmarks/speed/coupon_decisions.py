"""How long one decision about a coupon takes, without the store: five offers, each with an uplift of its own.

Ten features of 20,000 people, of whom chance gave each offer to some; margins by every learner in turn, costs by two
regressions. A decision draws the arm, foretells gains and costs of the five, and takes the best at the stored price.

    python -m benchmarks.speed.coupon_decisions
"""

from dataclasses import replace
from time import perf_counter, thread_time

import numpy as np

from benchmarks.record import Row, peak_mb, write
from shopkeeper.coupons.assignment import Lottery
from shopkeeper.coupons.budget import Prices
from shopkeeper.coupons.choosing import LEARNERS, Costs
from shopkeeper.coupons.deciding import Decider
from shopkeeper.coupons.gate import Verdict
from shopkeeper.coupons.qini import Trial
from shopkeeper.coupons.uplift import OfferUplift, Uplift
from shopkeeper.data.vocabulary import Vocabulary

OFFERS = ("five", "ten", "fifteen", "twenty", "shipping")
ASKED = 5000


def main() -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((20_000, 10))
    trial = Trial.of(rng.random(20_000) < 0.5, 1000.0 * (rng.random(20_000) < 0.2))
    cost = np.where(trial.treated, 0.1, 0.0) * trial.outcome
    rows = []
    for name, learner in LEARNERS.items():
        one = OfferUplift(
            Verdict("targeted", "measured"), 20.0, name, learner.fit(x, trial, 0), Costs.fit(x, trial, cost)
        )
        uplift = Uplift(Vocabulary(map(str, range(10))), Vocabulary(OFFERS), tuple(replace(one) for _ in OFFERS))
        decider = Decider(Lottery(b"k" * 32, "spring"), uplift, Prices(np.full(5, 0.001)))
        took = np.empty((ASKED, 2))
        for person in range(ASKED):
            start = perf_counter(), thread_time()
            decider.decide(str(person), x[person], OFFERS)
            took[person] = perf_counter() - start[0], thread_time() - start[1]
        for metric, value in zip(("ms, p99", "ms of a core, p99"), np.quantile(took[100:], 0.99, axis=0), strict=True):
            print(f"{name} {metric} {1000 * value:.3f}", flush=True)
            rows.append(
                Row(
                    row=f"one decision, five offers, {name}-learner",
                    metric=metric,
                    value=float(1000 * value),
                    reach=5.0,
                    seconds=float(took[:, 0].sum()),
                    peak_mb=peak_mb(),
                    command="python -m benchmarks.speed.coupon_decisions",
                )
            )
    print(write("coupons/speed", "decisions", rows))


if __name__ == "__main__":
    main()

"""Measure models as a hostile reviewer would: no look into the future, full ranking, intervals."""

from shopkeeper.evaluation.report import Report
from shopkeeper.evaluation.run import evaluate
from shopkeeper.evaluation.split import Split, global_time, leave_one_out, random_split
from shopkeeper.evaluation.tune import Trial, tune

__all__ = ["Report", "Split", "Trial", "evaluate", "global_time", "leave_one_out", "random_split", "tune"]

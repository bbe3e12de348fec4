"""Gowalla, the given split, all places a person has not been to."""

from dataclasses import replace
from datetime import UTC, datetime

from benchmarks.quality.datasets import gowalla
from benchmarks.quality.protocol import asked, publish
from shopkeeper.evaluation import global_time, random_split

if __name__ == "__main__":
    args = asked(__doc__)
    given = global_time(gowalla(args.data), at=datetime(1970, 1, 2, tzinfo=UTC))
    # The validation cut is a random fifth of the training pairs: there is no time to cut by.
    publish("gowalla", given, replace(random_split(given.train), is_validation=True), args.models)

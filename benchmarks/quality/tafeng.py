"""Ta-Feng: the last basket from all before it, repeats allowed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from benchmarks.quality.datasets import tafeng
from benchmarks.quality.protocol import asked, publish
from shopkeeper.evaluation import global_time

if __name__ == "__main__":
    args = asked(__doc__)
    last = datetime(1970, 1, 1, tzinfo=UTC)
    test = global_time(tafeng(args.data), at=last)
    inner = global_time(test.train, at=last - timedelta(days=1))
    publish("tafeng", test, replace(inner, is_validation=True), args.models)

"""Tmall 2014: learn from before 16 July, predict the brands people turn to after it; discoveries, and with repeats."""

from datetime import UTC, datetime

from benchmarks.quality.protocol import asked, publish
from shopkeeper import Dataset, global_time, read_events

CUT = datetime(2013, 7, 16, tzinfo=UTC)

if __name__ == "__main__":
    args = asked(__doc__)
    data = Dataset.from_log(read_events(args.data / "tmall_2014" / "events.parquet"))
    for name in ("tmall", "tmall_repeats"):
        publish(name, global_time(data, at=CUT), global_time(data, at=CUT, validation=True), args.models)

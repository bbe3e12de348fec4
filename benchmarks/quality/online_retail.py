"""Online Retail: learn from before 2011-10-01, predict what came after; discoveries alone, and with repeats."""

from datetime import UTC, datetime

from benchmarks.quality.protocol import asked, publish
from shopkeeper import Dataset, global_time, read_events

CUT = datetime(2011, 10, 1, tzinfo=UTC)

if __name__ == "__main__":
    args = asked(__doc__)
    data = Dataset.from_log(read_events(args.data / "online_retail" / "transactions.parquet"))
    for name in ("online_retail", "online_retail_repeats"):
        publish(name, global_time(data, at=CUT), global_time(data, at=CUT, validation=True), args.models)

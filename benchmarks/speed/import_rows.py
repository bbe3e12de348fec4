"""Rows a second and peak memory of an import, next to a plain DuckDB COPY of the same file in the same run.

Usage: python -m benchmarks.speed.import_rows [rows]
"""

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from benchmarks.record import Row, write

_ROWS = 10_000_000
_MEASURE = """
import json, resource, sys, time
from datetime import UTC, datetime
from pathlib import Path
source, folder = Path(sys.argv[1]), Path(sys.argv[2])
{prepare}
start = time.perf_counter()
{work}
seconds = time.perf_counter() - start
print(json.dumps({{"seconds": seconds, "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}}))
"""
_TASKS = {
    "shopkeeper import": (
        "from shopkeeper.adapters.files import SegmentStore, import_events\nstore = SegmentStore(folder / 'history')",
        "import_events(source, store, now=datetime.now(UTC), rejects_path=folder / 'rejects.csv')",
    ),
    "shopkeeper import, the same again": (
        "from shopkeeper.adapters.files import SegmentStore, import_events\nstore = SegmentStore(folder / 'history')",
        "import_events(source, store, now=datetime.now(UTC), rejects_path=folder / 'rejects.csv')",
    ),
    "duckdb copy": (
        "import duckdb\nduckdb.execute(\"SET memory_limit = '1GB'\")",
        "duckdb.execute(f\"COPY (FROM read_csv('{source}')) TO '{folder}/copy.parquet' (COMPRESSION zstd)\")",
    ),
}


def generate(path: Path, rows: int) -> None:
    """Write a user_behavior log: a million users and half a million products, a few of them much busier."""
    duckdb.execute("SELECT setseed(0.1)")
    duckdb.execute(
        "COPY (SELECT 1 + floor(1000000 * random() * random())::INT AS user_id, "
        "1 + floor(500000 * random() * random())::INT AS item_id, "
        "['pv', 'pv', 'pv', 'pv', 'pv', 'pv', 'pv', 'cart', 'fav', 'buy'][1 + floor(10 * random())::INT] AS behavior, "
        f"1511658000 + floor(random() * 700000)::INT AS timestamp FROM range({rows})) TO '{path}' (HEADER)"
    )


def main(rows: int = _ROWS) -> None:
    """Measure each task in its own process, print what it took, and publish the full size."""
    took: dict[str, dict[str, float]] = {}
    with TemporaryDirectory() as name:
        folder = Path(name)
        source = folder / "user_behavior.csv"
        generate(source, rows)
        for task, (prepare, work) in _TASKS.items():
            code = _MEASURE.format(prepare=prepare, work=work)
            run = subprocess.run([sys.executable, "-c", code, source, folder], check=True, stdout=subprocess.PIPE)
            # DuckDB draws a progress bar before our line.
            took[task] = json.loads(run.stdout.splitlines()[-1])
            speed, peak = rows / took[task]["seconds"], took[task]["peak_mb"]
            print(f"{task:36} {speed:>12,.0f} rows/s {took[task]['seconds']:7.1f} s {peak:7,.0f} MB")
    if rows == _ROWS:
        ours, peer = took["shopkeeper import"], took["duckdb copy"]
        row = Row(
            row="import of 10 million CSV rows",
            metric="rows/s",
            value=rows / ours["seconds"],
            reach=500_000,
            peer="duckdb copy",
            peer_value=rows / peer["seconds"],
            seconds=ours["seconds"],
            peak_mb=ours["peak_mb"],
            command="python -m benchmarks.speed.import_rows",
        )
        write("speed", "import_rows", [row])


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))

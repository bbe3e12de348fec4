"""What is on disk stays whole, whoever is killed."""

import json
import random
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest

from shopkeeper.adapters.analytics import DuckAnalytics
from shopkeeper.adapters.files import SegmentStore, import_events, segments
from shopkeeper.adapters.memory import MemoryCatalogStore, MemoryEventStore, MemoryMergeStore
from shopkeeper.data.events import EventType
from shopkeeper.data.insights import Days
from shopkeeper.data.trail import Trail
from shopkeeper.kit.errors import InvalidInput, Unavailable

NOW, VIEW = datetime(2026, 1, 1, tzinfo=UTC), EventType.VIEW
IMPORT = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from shopkeeper.adapters.files import SegmentStore, import_events
store = SegmentStore(Path(sys.argv[2]))
print("ready", flush=True)
import_events(Path(sys.argv[1]), store, now=datetime(2026, 1, 1, tzinfo=UTC), rejects_path=Path(sys.argv[2]) / "r.csv")
"""


def log(path: Path, name: str, rows: int) -> Path:
    file = path / f"{name}.csv"
    lines = (f"{name}{row % 97},i{row % 31},view,{1_600_000_000 + row}\n" for row in range(rows))
    file.write_text("user_id,item_id,type,timestamp\n" + "".join(lines))
    return file


def load(file: Path, store: SegmentStore) -> int:
    return import_events(file, store, now=NOW, rejects_path=store.folder / "rejects.csv").accepted


def test_a_reader_sees_the_import_of_another(tmp_path: Path) -> None:
    writer, reader = SegmentStore(tmp_path / "history"), SegmentStore(tmp_path / "history")
    assert (reader.count(), len(reader.log()), reader.history("a1"), reader.shoppers()) == (0, 0, [], [])
    load(log(tmp_path, "a", 200), writer)
    assert reader.count() == len(reader.log()) == 200
    load(log(tmp_path, "b", 100), writer)
    assert reader.count() == len(reader.log()) == 300
    assert reader.shoppers(limit=2) == [("a0", 3), ("a1", 3)]


def test_the_log_of_several_imports_is_sorted_by_user_and_time(tmp_path: Path) -> None:
    store = SegmentStore(tmp_path / "history")
    for name, at in (("late", 1_700_000_000), ("early", 1_600_000_000)):
        path = tmp_path / f"{name}.csv"
        path.write_text(f"user_id,item_id,type,timestamp\nu1,{name},view,{at}\nu0,{name},view,{at}\n")
        load(path, store)
    found = store.log()
    assert [found.items[i] for i in found.item_idx] == ["early", "late", "early", "late"]
    assert [event.item_id for event in store.history("u1")] == ["early", "late"]


def test_a_history_is_read_anew_after_an_import(tmp_path: Path) -> None:
    store = SegmentStore(tmp_path / "history")
    load(log(tmp_path, "a", 97), store)
    assert (len(store.history("a1")), len(store.history("stranger"))) == (1, 0)
    load(log(tmp_path, "a", 194), store)
    assert len(store.history("a1")) == 2


def test_a_history_from_before_people_were_listed_is_found(tmp_path: Path) -> None:
    load(log(tmp_path, "a", 97), SegmentStore(tmp_path / "history"))
    (tmp_path / "history" / "000001.people.npy").unlink()
    assert len(SegmentStore(tmp_path / "history").history("a1")) == 1


def test_a_trail_says_what_the_history_says(tmp_path: Path) -> None:
    """Of all kinds of rows, of several imports, with and without the files that are beside them since later."""
    store = SegmentStore(tmp_path / "history")
    moments = random.Random(5)
    for name in ("a", "b"):
        lines = ["user_id,item_id,type,timestamp,quantity,price,currency,rating,query"]
        for row in range(400):
            item, kind = moments.choice(
                [("mug", "view"), ("茶壺", "purchase"), ("", "search"), (f"{name}{row}", "cart")]
            )
            more = moments.choice(["1,,,,", "3,2.50,EUR,,", "1,,,4.5,", "2,0,EUR,-1,tea pot", "1,,,,茶"])
            lines.append(f"u{moments.randrange(9)},{item},{kind},{1_700_000_000 + moments.randrange(50)},{more}")
        file = tmp_path / f"{name}.csv"
        file.write_text("\n".join(lines), encoding="utf-8")
        load(file, store)
    asked = [
        (f"u{n}", limit, types) for n in range(10) for limit in (0, 3, 1000) for types in (list(EventType), [VIEW])
    ]
    told = [Trail.of(store.history(who, limit=limit, types=types)) for who, limit, types in asked]
    assert sum(map(len, told)) > 800
    assert [store.trail(who, limit=limit, types=types) for who, limit, types in asked] == told
    (store.folder / "000001.spans.npy").unlink()
    from_before = SegmentStore(store.folder)
    assert [from_before.trail(who, limit=limit, types=types) for who, limit, types in asked] == told


def test_a_trail_of_searches_for_nothing(tmp_path: Path) -> None:
    file, store = tmp_path / "a.csv", SegmentStore(tmp_path / "history")
    file.write_text("user_id,item_id,type,timestamp\nu,,search,1700000000\n")
    load(file, store)
    assert [*store.trail("u").item_id, *store.trail("u").query] == [None, None]


def test_segments_from_before_a_column_came_are_read(tmp_path: Path) -> None:
    """Alone, and beside newer ones; by analyses too."""
    folder = tmp_path / "history"
    load(log(tmp_path, "a", 97), SegmentStore(folder))
    part, manifest = folder / "000001-0.parquet", folder / "manifest.json"
    with duckdb.connect() as connection:
        columns = "* EXCLUDE (n_results)"
        connection.execute(f"COPY (SELECT {columns} FROM '{part}') TO '{folder / '000001.parquet'}' (FORMAT parquet)")
    part.unlink()
    manifest.write_text(json.dumps({"version": 1, "segments": [{"name": "000001", "rows": 97}]}))
    store = SegmentStore(folder)
    analytics = DuckAnalytics(store, MemoryEventStore(), MemoryMergeStore(), MemoryCatalogStore(), ZoneInfo("UTC"))
    (everything,) = analytics.searches(Days())
    assert [(event.item_id, event.n_results) for event in store.history("a1")] == [("i1", None)]
    assert (len(store.log()), everything.searched.times) == (97, 0)
    file = tmp_path / "b.csv"
    file.write_text("user_id,item_id,type,timestamp,query,n_results\na1,,search,1700000000,tea,0\n")
    assert load(file, store) == 1
    for reader in (store, SegmentStore(folder)):
        assert [event.n_results for event in reader.history("a1")] == [None, 0]
        assert len(reader.log()) == 98
    (everything,) = analytics.searches(Days())
    assert (everything.searched.times, everything.found_nothing.times) == (1, 1)


def test_one_person_is_read_from_the_files_that_may_hold_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A person whose events fill more than one file is whole, in order; the files of others are not opened."""
    monkeypatch.setattr(segments, "_ROWS_OF_GROUP", 2048)
    monkeypatch.setattr(segments, "_GROUPS_OF_PART", 1)
    rows = [("ann", 100), ("bob", 9000), ("eve", 100), ("zoë", 3000)]
    lines = [f"{who},{who}-{i},view,{1_700_000_000 + i}" for who, n in rows for i in range(n)]
    file = tmp_path / "log.csv"
    file.write_text("\n".join(["user_id,item_id,type,timestamp", *lines]))
    store = SegmentStore(tmp_path / "history")
    load(file, store)
    (segment,) = store.segments()
    for who, n in rows:
        assert [event.item_id for event in store.history(who, limit=10_000)] == [f"{who}-{i}" for i in range(n)]
    assert len(segment.listed.parts) == len(store.files()) == 6
    assert len(store.log()) == 12_200
    for part in segment.listed.parts[1:]:
        (store.folder / part.file).unlink()
    assert len(SegmentStore(store.folder).history("ann")) == 100


def test_two_imports_at_once_are_refused(tmp_path: Path) -> None:
    file, store = log(tmp_path, "a", 10), SegmentStore(tmp_path / "history")
    with store.importing(), pytest.raises(Unavailable, match="Another import"):
        load(file, SegmentStore(store.folder))


def test_what_the_manifest_does_not_list_does_not_count_and_is_removed(tmp_path: Path) -> None:
    store = SegmentStore(tmp_path / "history")
    load(log(tmp_path, "a", 10), store)
    left = store.folder / "000002-0.parquet"
    left.write_bytes((store.folder / "000001-0.parquet").read_bytes())
    assert store.count() == len(store.log()) == 10
    load(log(tmp_path, "a", 10), store)
    assert not left.exists()


# The second is enough for the events and too little for their keys.
@pytest.mark.parametrize("limit", [4096, 800_000])
def test_a_full_disk_leaves_the_store_as_before(tmp_path: Path, limit: int) -> None:
    store = SegmentStore(tmp_path / "history")
    load(log(tmp_path, "a", 100), store)
    # No file may grow beyond a limit: to a writer that is a full disk.
    limited = "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
    limited += f"resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))\n"
    command = [sys.executable, "-c", limited + IMPORT, str(log(tmp_path, "b", 60_000)), str(store.folder)]
    failed = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "the store is as it was" in failed.stderr
    assert not [*store.folder.glob("000002*")]
    assert store.count() == len(store.log()) == 100
    assert load(tmp_path / "b.csv", store) == 60_000


def test_a_full_disk_is_called_that(tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    file.write_text("user_id,item_id,type,timestamp\nu1,i1,stare,1600000000\n")
    with pytest.raises(InvalidInput, match=r"as it was: the disk is full\.$"):
        import_events(file, SegmentStore(tmp_path / "history"), now=NOW, rejects_path=Path("/dev/full"))


def test_a_kill_at_any_moment_leaves_the_store_as_before_or_complete(tmp_path: Path) -> None:
    store = SegmentStore(tmp_path / "history")
    load(log(tmp_path, "a", 100), store)
    file = log(tmp_path, "b", 60_000)
    moments = random.Random(7)
    for _ in range(4):
        command = [sys.executable, "-c", IMPORT, str(file), str(store.folder)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(moments.uniform(0.0, 0.25))
            process.send_signal(signal.SIGKILL)
        assert store.count() == len(store.log())
        assert store.count() in (100, 60_100)
    load(file, store)
    assert store.count() == len(store.log()) == 60_100

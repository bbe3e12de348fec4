"""What becomes of the rows of a file: events, duplicates, rejects, or a refusal in one sentence."""

import csv
import gzip
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from shopkeeper.adapters.files import ImportSummary, SegmentStore, import_events, read_events
from shopkeeper.adapters.memory import MemoryEventStore
from shopkeeper.data.events import Event, EventType
from shopkeeper.kit.errors import IncompatibleVersion, InvalidInput, UnknownName
from shopkeeper.kit.money import Money
from shopkeeper.testing.store_suite import event

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HEADER = "user_id,item_id,type,timestamp\n"
THREE = HEADER + "u1,i1,view,1700000000\nu1,i2,purchase,1700000060\nu2,i1,cart,1700000030\n"


@pytest.fixture
def store(tmp_path: Path) -> SegmentStore:
    return SegmentStore(tmp_path / "history")


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    def _write(content: str | bytes, name: str = "log.csv") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return _write


def run(path: Path, store: SegmentStore, **options: object) -> ImportSummary:
    rejects = store.folder.parent / "rejects.csv"
    return import_events(path, store, now=NOW, rejects_path=rejects, **options)  # type: ignore[arg-type]  # what a test names


def reasons(summary: ImportSummary) -> list[tuple[int, str]]:
    assert summary.rejects_path is not None
    with summary.rejects_path.open(newline="") as file:
        return [(int(row["line"]), row["reason"].split(":")[0]) for row in csv.DictReader(file)]


def test_a_file_imported_twice_adds_nothing(store: SegmentStore, write: Callable[..., Path]) -> None:
    first, again = run(write(THREE), store), run(write(THREE), store)
    assert (first.accepted, again.accepted, again.duplicate, store.count()) == (3, 0, 3, 3)


def test_of_two_columns_of_one_name_the_first_is_read(store: SegmentStore, write: Callable[..., Path]) -> None:
    run(write("user_id,item_id,type,timestamp,item_id\nu1,first,view,1700000000,second\n"), store)
    assert list(store.log().items) == ["first"]


def test_where_only_the_day_is_known_equal_rows_are_two_events(store: SegmentStore, write: Callable[..., Path]) -> None:
    log = write("user_id,brand_id,type,visit_datetime\n" + "7,9,0,6月4日\n" * 3 + "7,9,1,6月4日\n")
    first, again = run(log, store), run(log, store)
    assert (first.accepted, again.accepted, again.duplicate) == (4, 0, 4)
    assert len({event.event_id for event in store.history("7")}) == 4


def test_history_is_oldest_first_and_limited_to_the_newest(store: SegmentStore, write: Callable[..., Path]) -> None:
    run(write(THREE), store)
    assert [event.item_id for event in store.history("u1")] == ["i1", "i2"]
    assert [event.item_id for event in store.history("u1", limit=1)] == ["i2"]


def test_every_field_survives(store: SegmentStore, write: Callable[..., Path]) -> None:
    run(
        write(
            "event_id,type,at,visitor_id,user_id,item_id,quantity,price,currency,rating,session_id,order_id,query,"
            "recommendation_id,n_results\ne1,purchase,2023-11-14T22:13:20.5Z,v1,u1,i1,3,1234.5,JPY,4.5,s1,o1,,r1,\n"
            "e2,search,2023-11-14T22:13:21Z,v1,u1,,,,,,,,Tea,,0\n"
        ),
        store,
    )
    assert store.history("u1") == [
        Event(
            event_id="e1",
            type=EventType.PURCHASE,
            at=datetime(2023, 11, 14, 22, 13, 20, 500_000, UTC),
            visitor_id="v1",
            user_id="u1",
            item_id="i1",
            quantity=3,
            price=Money(1234, "JPY"),
            rating=4.5,
            session_id="s1",
            order_id="o1",
            recommendation_id="r1",
        ),
        Event(
            event_id="e2",
            type=EventType.SEARCH,
            at=datetime(2023, 11, 14, 22, 13, 21, tzinfo=UTC),
            visitor_id="v1",
            user_id="u1",
            query="Tea",
            n_results=0,
        ),
    ]


def test_a_number_of_results_is_one(store: SegmentStore, write: Callable[..., Path]) -> None:
    rows = "".join(f"u1,search,1700000000,{n}\n" for n in ("7", "many", "-1"))
    summary = run(
        write("user_id,type,timestamp,n_results,query\n" + rows.replace("\n", ",tea\n")), store, max_rejects=1
    )
    assert ([event.n_results for event in store.history("u1")], reasons(summary)) == (
        [7],
        [(3, "not a number of results"), (4, "not a number of results")],
    )


def test_each_bad_row_is_kept_with_its_line_and_reason(store: SegmentStore, write: Callable[..., Path]) -> None:
    rows = (
        b"user_id,item_id,type,timestamp,quantity\n"
        b"u1,i1,view,1700000000,1\n"  # 2
        b"u1,,view,1700000000,1\n"
        b"u1,\xff\xfe,view,1700000000,1\n"
        b",i1,view,1700000000,1\n"
        b"u1,i1,stare,1700000000,1\n"
        b"u1,i1\n"
        b"u1,i1,view,yesterday,1\n"
        b"u1,i1,view,4000000000,1\n"
        b"u1,i1,view,1700000000,-2\n"
        b"u1,i1,view,,1\n"
        b"u1,i2,view,1700000000,1\n"  # 12
    )
    summary = run(write(rows), store, max_rejects=1.0)
    assert (summary.accepted, summary.rejected) == (2, 9)
    found = dict(reasons(summary))
    assert found.pop(4).startswith("Invalid unicode")
    assert found.pop(7).startswith("Expected Number of Columns")
    assert found == {
        3: "no product",
        5: "no user or visitor",
        6: "unknown type stare",
        8: "not a time",
        9: "time in the future",
        10: "not a quantity",
        11: "no time",
    }


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("name", ["log.csv", "log.csv.gz"])
def test_lines_are_those_of_the_file(store: SegmentStore, write: Callable[..., Path], name: str, ending: str) -> None:
    lines = [
        b"user_id,item_id,type,timestamp,note",
        b'u1,i1,view,1700000000,"two',
        b'lines, ""the"" second"',
        b'u1,i1,stare,1700000000,5" nail',  # 4
        b"",
        b"u1,i1",  # 6
        b'"u1",,view,1700000000,"a',  # 7
        b"",
        b'b"',
        b'u1,\xff,view,1700000000,"a',  # 10
        b'b"',
        b",i1,view,1700000000,",  # 12
        b"",
        b"u1,i1,view,1700000000,",
        b"u1,i1,view,yesterday,",  # 15
    ]
    content = ending.encode().join([*lines, b""])
    summary = run(
        write(gzip.compress(content, mtime=0) if name.endswith("gz") else content, name), store, max_rejects=1
    )
    assert summary.accepted == 1
    assert [line for line, _ in reasons(summary)] == [4, 6, 7, 10, 12, 15]


def test_too_many_rejects_leave_the_store_as_it_was(store: SegmentStore, write: Callable[..., Path]) -> None:
    run(write(THREE), store)
    with pytest.raises(InvalidInput, match=r"1 of 2 rows.*line 3: unknown type stare"):
        run(write(HEADER + "u9,i1,view,1700000000\nu9,i1,stare,1700000000\n"), store)
    assert store.count() == 3
    assert store.history("u9") == []


def test_repeated_rows_and_given_ids_count_once(store: SegmentStore, write: Callable[..., Path]) -> None:
    repeated = run(write(THREE + "u1,i1,view,1700000000\n"), store)
    named = run(write("event_id," + HEADER + "e1,u7,i1,view,1700000000\ne1,u8,i1,view,1700000000\n"), store)
    assert (repeated.accepted, repeated.duplicate) == (3, 1)
    assert (named.accepted, named.duplicate) == (1, 1)
    assert store.known_ids(["e1", "e2"]) == {"e1"}


def test_ids_that_another_store_holds_are_duplicates(store: SegmentStore, write: Callable[..., Path]) -> None:
    live = MemoryEventStore()
    live.append([event("e1")])
    path = write("event_id," + HEADER + "e1,u1,i1,view,1700000000\ne2,u1,i1,view,1700000000\n")
    summary = run(path, store, live=live)
    assert (summary.accepted, summary.duplicate) == (1, 1)


@pytest.mark.parametrize(("before", "imported"), [([], {"e0", "e1", "e3"}), (["e0"], {"e1"})])
def test_ids_that_come_to_another_store_meanwhile_are_duplicates(
    store: SegmentStore, write: Callable[..., Path], before: list[str], imported: set[str]
) -> None:
    class Busy(MemoryEventStore):
        """Gets one more event just after it was asked how many there are, and one after it was asked which."""

        def count(self) -> int:
            counted = super().count()
            self.append([event("e2")])
            return counted

        def known_ids(self, event_ids: Sequence[str]) -> set[str]:
            known = super().known_ids(event_ids)
            self.append([event("e3")])
            return known

    live = Busy()
    live.append([event(event_id) for event_id in before])
    path = write("event_id," + HEADER + "".join(f"e{n},u1,i1,view,1700000000\n" for n in range(4)))
    summary = run(path, store, live=live)
    assert store.known_ids(["e0", "e1", "e2", "e3"]) == imported
    assert (summary.accepted, len(store.log())) == (len(imported), len(imported))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("log.csv.gz", gzip.compress(THREE.encode(), mtime=0)),
        ("log.tsv", THREE.replace(",", "\t").encode()),
        ("log.csv", ("\ufeff" + THREE.replace("\n", "\r\n")).encode()),
        ("log.csv", THREE.replace(",", ";").encode()),
        (
            "log.jsonl",
            b'{"user_id":"u1","item_id":"i1","type":"view","timestamp":1700000000}\n\n'
            b'{"user_id":"u1","item_id":"i2","type":"purchase","timestamp":1700000060}\n'
            b'{"user_id":"u2","item_id":"i1","type":"cart","timestamp":1700000030}\n',
        ),
    ],
)
def test_forms_of_the_same_file_say_the_same(
    store: SegmentStore, write: Callable[..., Path], name: str, content: bytes
) -> None:
    run(write(THREE, "plain.csv"), store)
    assert run(write(content, name), store).duplicate == 3


@pytest.mark.parametrize("ending", ["parquet", "csv.zst", "jsonl.gz"])
def test_forms_that_duckdb_writes(store: SegmentStore, write: Callable[..., Path], tmp_path: Path, ending: str) -> None:
    plain = write(THREE)
    run(plain, store)
    target = tmp_path / f"copy.{ending}"
    kind = {"parquet": "parquet", "csv.zst": "csv", "jsonl.gz": "json"}[ending]
    duckdb.execute(f"COPY (FROM '{plain}') TO '{target}' (FORMAT {kind})")
    assert run(target, store).duplicate == 3


def test_a_folder_and_a_pattern_are_one_import(store: SegmentStore, write: Callable[..., Path]) -> None:
    folder = write(THREE, "logs/a.csv").parent
    write("user,item,action,time,price\nu3,i1,buy,2024-01-01 10:00:00,9.99\n", "logs/b.csv")
    assert run(folder, store).accepted == 4
    assert run(folder / "*.csv", store).duplicate == 4
    assert len(store.segments()) == 1
    assert store.history("u3")[0].price == Money(999, "XXX")


@pytest.mark.parametrize(("rows", "says"), [(50, "51 of 52 rows"), (5_000, "a quote at line 3 that is not closed")])
def test_a_quote_never_closed_counts_all_that_it_swallows(
    store: SegmentStore, write: Callable[..., Path], rows: int, says: str
) -> None:
    swallowed = "".join(f"u{row},i1,view,1700000000\n" for row in range(rows))
    with pytest.raises(InvalidInput, match=says):
        run(write(HEADER + 'u1,i1,view,1700000000\n"u2,i1,view,1700000000\n' + swallowed), store)


def test_a_key_that_only_the_last_record_has_is_read(store: SegmentStore, write: Callable[..., Path]) -> None:
    rows = [f'{{"user_id":"u1","item_id":"i{n}","type":"view","at":"2024-01-01"}}\n' for n in range(300)]
    last = '{"USER_ID":"u1","item_id":"i1","type":"buy","at":"2024-01-02","price":2,"currency":"EUR"}\n'
    assert run(write("".join(rows) + last, "log.jsonl"), store, max_rejects=0).accepted == 301
    assert store.history("u1")[-1].price == Money(200, "EUR")


@pytest.mark.parametrize(
    "content",
    [
        ",user_id,item_id,type,timestamp\n0,u1,i1,view,1700000000\n",
        "user_id,item_id,type,timestamp,2024\nu1,i1,view,1700000000,7\n",
        "user_id,item_id,type,timestamp,,note,note,Note\nu1,i1,view,1700000000,1,2,3,4\n",
    ],
)
def test_a_header_is_known_by_its_names(store: SegmentStore, write: Callable[..., Path], content: str) -> None:
    assert run(write(content), store, max_rejects=0).accepted == 1
    assert [event.item_id for event in store.history("u1")] == ["i1"]


def test_whether_there_is_a_header_can_be_said(store: SegmentStore, write: Callable[..., Path]) -> None:
    places = {"user_id": "c1", "item_id": "c2", "type": "c3", "at": "c4"}
    rows = "u1,i1,view,2024-01-01\nu1,i2,view,2024-01-02\n"
    with pytest.raises(InvalidInput, match="--no-header"):
        run(write(rows), store)
    assert run(write(rows), store, header=False, mapping=places).accepted == 2
    years = {"user_id": "1", "item_id": "2", "type": "3", "at": "4"}
    assert run(write("1,2,3,4\n" + rows), store, header=True, mapping=years).duplicate == 2


def test_of_several_columns_for_a_field_each_row_has_its_own(store: SegmentStore, write: Callable[..., Path]) -> None:
    run(write("user_id,customer,item_id,type,at\nu1,,i1,view,2024-01-01\n,u2,i1,view,2024-01-01\n"), store)
    assert list(store.log().users) == ["u1", "u2"]


def test_an_id_is_text_and_a_currency_three_letters(store: SegmentStore, write: Callable[..., Path]) -> None:
    rows = [
        '{"user_id":{"id":"u1"},"item_id":"i1","type":"view","at":"2024-01-01"}',
        '{"user_id":"u1","item_id":["i1"],"type":"view","at":"2024-01-01"}',
        '{"user_id":"{u1}","item_id":"i1","type":"view","at":"2024-01-01","price":5,"currency":"euro"}',
        '{"user_id":"{u1}","item_id":"i1","type":"view","at":"2024-01-01","price":5,"currency":"jpy"}',
    ]
    summary = run(write("\n".join(rows), "log.jsonl"), store, max_rejects=1)
    assert reasons(summary) == [(1, "not an id"), (2, "not an id"), (3, "not a currency")]
    assert store.history("{u1}")[0].price == Money(5, "JPY")


def test_a_folder_is_read_without_the_store_in_it(store: SegmentStore, write: Callable[..., Path]) -> None:
    folder = write(THREE, "shop/log.csv").parent
    write("no,events\n", "shop/data/rejects/log.csv")
    for _ in range(2):
        run(folder, store, leave_out=folder / "data")
    assert store.count() == 3
    with pytest.raises(InvalidInput, match="has the columns no, events"):
        run(folder / "data", store, leave_out=folder / "data")


def test_rejects_of_json_name_the_line(store: SegmentStore, write: Callable[..., Path]) -> None:
    good = b'{"user_id":"u1","item_id":"i1","type":"view","at":"2024-01-01"}\n'
    summary = run(
        write(good + b"\n" + b'{"user_id":\n' + b'{"user_id":"\xff"}\n' + b'{"user_id":"u2"}\n', "a.jsonl"),
        store,
        max_rejects=1.0,
    )
    assert summary.accepted == 1
    assert [line for line, _ in reasons(summary)] == [3, 4, 5]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("log.csv", b"", "is empty"),
        ("log.csv", b"PAR1 nonsense", "it is a Parquet file"),
        ("log.csv", b"a,b\n\0\0\0", "not text"),
        ("log.csv", b"\xff\xfeu\0", "UTF-16"),
        ("log.parquet", b"user_id,item_id\n", "not a Parquet file"),
        ("log.parquet", b"PAR1 nonsense", "cannot be read as parquet"),
        ("log.csv.gz", b"user_id,item_id\n", "not gzip"),
        ("log.csv.gz", gzip.compress(THREE.encode(), mtime=0)[:40], "cannot be read"),
        ("log.jsonl", b"user_id,item_id\n", "not JSON Lines"),
        ("log.xls", b"\xd0\xcf", "an ending that says nothing"),
        ("log.csv", b"name,colour\na,b\n", "has the columns name, colour"),
        ("log.csv", b"a" * 200_000 + b",b\n", "its first line has 200,002 characters"),
        ("log.csv", b"user_id,item_id,timestamp\na,b,1\n", "--map type=COLUMN"),
    ],
)
def test_a_file_that_is_not_what_it_claims_is_refused(
    store: SegmentStore, write: Callable[..., Path], name: str, content: bytes, says: str
) -> None:
    with pytest.raises(InvalidInput, match=says) as refusal:
        run(write(content, name), store)
    assert "\n" not in str(refusal.value)
    assert store.count() == 0


def test_a_mapping_names_columns_or_constants(store: SegmentStore, write: Callable[..., Path]) -> None:
    path = write("klant,ding,tijd\nu1,i1,2024-01-01\n")
    mapping = {"user_id": "klant", "item_id": "ding", "at": "tijd", "type": "=purchase"}
    assert run(path, store, mapping=mapping).accepted == 1
    assert store.history("u1")[0].type is EventType.PURCHASE


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"preset": "taobaoo"}, "did you mean taobao"),
        ({"mapping": {"usr_id": "user_id"}}, "did you mean user_id"),
        ({"mapping": {"user_id": "user"}}, "did you mean user_id"),
    ],
)
def test_unknown_names_offer_the_near_ones(
    store: SegmentStore, write: Callable[..., Path], options: dict[str, object], says: str
) -> None:
    with pytest.raises(UnknownName, match=says):
        run(write(THREE), store, **options)


def test_columns_may_have_any_name(store: SegmentStore, write: Callable[..., Path]) -> None:
    path = write('user_id,item_id,type,timestamp,raw,broken,record,"my ""own"""\nu1,i1,view,1700000000,1,2,3,4\n')
    assert run(path, store).accepted == 1


def test_a_file_reads_as_a_log_without_a_store(write: Callable[..., Path]) -> None:
    log = read_events(write(THREE))
    assert (list(log.users), list(log.items), log.item_idx.tolist()) == (["u1", "u2"], ["i1", "i2"], [0, 1, 0])


def test_a_folder_of_another_layout_is_refused(store: SegmentStore) -> None:
    store.folder.mkdir()
    (store.folder / "manifest.json").write_text('{"version": 99, "segments": []}')
    with pytest.raises(IncompatibleVersion, match="layout 99"):
        store.count()

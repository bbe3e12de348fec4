"""Parts of the history are written anew without whoever is erased, and files that name them are removed."""

import gzip
from datetime import timedelta
from pathlib import Path

import duckdb
import numpy as np
import pytest

from shopkeeper.adapters.files import SegmentStore, import_events
from shopkeeper.adapters.files.erasing import FilesPlace, HistoryPlace
from shopkeeper.adapters.files.manifest import Segment
from shopkeeper.data.erasure import Gone, whole_person
from shopkeeper.data.merges import Merge
from shopkeeper.kit.errors import Unavailable
from shopkeeper.testing.store_suite import NOW
from shopkeeper.testing.traces import traces

ANNA = "anna-5f0c9a2b"
GONE = Gone(frozenset({ANNA}))
HEADER = "event_id,user_id,visitor_id,item_id,type,at,query"


def imported(folder: Path, *rows: str, store: SegmentStore | None = None) -> SegmentStore:
    """Import rows of user, visitor, product and minute."""
    store = store or SegmentStore(folder / "history")
    source = folder / f"{len(store.segments())}.csv"
    told = []
    for row in rows:
        user, visitor, item, minute = row.split(",")
        told.append(f",{user},{visitor},{item},view,{(NOW + timedelta(minutes=int(minute))).isoformat()},")
    source.write_text("\n".join([HEADER, *told]))
    import_events(source, store, now=NOW + timedelta(1), rejects_path=folder / "rejects.csv")
    source.unlink()
    return store


def said(store: SegmentStore, who: str) -> list[tuple[str | None, str]]:
    return [(event.item_id, event.visitor_id) for event in store.history(who)]


def test_a_persons_events_go_and_all_others_stay_as_they_are(tmp_path: Path) -> None:
    store = imported(tmp_path, f"{ANNA},d1,i1,0", "ben,d2,i1,1", "ben,d2,i2,2")
    imported(tmp_path, f"{ANNA},d1,i3,3", store=store)
    imported(tmp_path, "cat,d3,i3,4", store=store)
    assert traces(tmp_path, [ANNA])
    place, ids = HistoryPlace(store), [event.event_id for event in store.history("ben")]
    kept = store.segments()[2].listed.name
    assert (place.count(GONE), [told["item_id"] for told in place.tell(GONE)]) == (2, ["i1", "i3"])
    assert place.erase(GONE) == 2
    for one in (store, SegmentStore(tmp_path / "history")):
        assert (one.count(), one.history(ANNA), len(one.trail(ANNA))) == (3, [], 0)
        assert [event.event_id for event in one.history("ben")] == ids
        assert (list(one.trail("ben").item_id), list(one.trail("cat").item_id)) == (["i1", "i2"], ["i3"])
        assert list(one.log().users) == ["ben", "cat"]
        assert one.known_ids(ids) == set(ids)
    assert (traces(tmp_path, [ANNA]), place.erase(GONE)) == ({}, 0)
    assert [segment.listed.name for segment in store.segments()] == ["000004", kept]
    assert set(place.known()) == {"ben", "cat", "d2", "d3"}


def test_what_is_imported_after_an_erasure_adds_to_what_was_left(tmp_path: Path) -> None:
    store = imported(tmp_path, f"{ANNA},d1,i1,0")
    imported(tmp_path, "ben,d2,i1,1", store=store)
    HistoryPlace(store).erase(GONE)
    imported(tmp_path, "ben,d2,i1,1", "cat,d3,i2,2", store=store)
    assert (store.count(), said(store, "ben"), said(store, "cat")) == (2, [("i1", "d2")], [("i2", "d3")])


def test_the_device_of_somebody_erased_leaves_the_events_of_others_which_keep_their_ids(tmp_path: Path) -> None:
    store = imported(tmp_path, f"ben,{ANNA},i1,0", f",{ANNA},i2,1")
    before = [event.event_id for event in store.history("ben")]
    assert HistoryPlace(store).erase(GONE) == 1
    assert (said(store, "ben"), traces(tmp_path, [ANNA])) == ([("i1", "ben")], {})
    assert [event.event_id for event in store.history("ben")] == before
    assert store.known_ids(before) == set(before)


def test_of_a_visitor_who_was_several_users_one_users_times_go(tmp_path: Path) -> None:
    store = imported(tmp_path, *(f",v,i{minute},{minute}" for minute in range(4)))
    merges = [Merge("v", "ben", NOW + timedelta(minutes=1)), Merge("v", ANNA, NOW + timedelta(minutes=2))]
    gone, place = whole_person(GONE, merges), HistoryPlace(store)
    assert (place.count(gone), place.erase(gone)) == (1, 1)
    assert [item for item, _ in said(store, "v")] == ["i0", "i1", "i3"]


class Late(SegmentStore):
    """A reader who has looked at the manifest just before it changed."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.seen: list[tuple[Segment, ...]] = [super().segments()]

    def segments(self) -> tuple[Segment, ...]:
        return self.seen.pop() if self.seen else super().segments()


def test_who_reads_while_parts_are_replaced_gets_the_new_ones(tmp_path: Path) -> None:
    store = imported(tmp_path, f"{ANNA},d1,i1,0", "ben,d2,i1,1")
    readers = [Late(store.folder) for _ in range(3)]
    HistoryPlace(store).erase(GONE)
    assert (list(readers[0].log().users), readers[1].shoppers(), readers[2].traffic()) == (
        ["ben"],
        [("ben", 1)],
        [("i1", 1)],
    )


def test_one_event_is_taken_out_of_a_persons(tmp_path: Path) -> None:
    store = imported(tmp_path, f"{ANNA},d1,i1,0", f"{ANNA},d1,i2,1", "ben,d2,i1,2")
    place, (first, second), (of_ben,) = HistoryPlace(store), store.history(ANNA), store.history("ben")
    assert [place.take_out(GONE, one) for one in (of_ben.event_id, "none", first.event_id)] == [0, 0, 1]
    assert (store.history(ANNA), store.history("ben")) == ([second], [of_ben])


def test_nothing_is_erased_while_somebody_imports(tmp_path: Path) -> None:
    store = imported(tmp_path, f"{ANNA},d1,i1,0")
    with store.importing(), pytest.raises(Unavailable):
        HistoryPlace(SegmentStore(store.folder)).erase(GONE)
    assert store.count() == 1


def test_files_that_name_somebody_go_whatever_their_form(tmp_path: Path) -> None:
    done = tmp_path / "done"
    done.mkdir()
    (done / "a.csv").write_text(f'user_id,item_id\nben,i1\n"{ANNA}",i2\n')
    (done / "b.jsonl").write_text(f'{{"user_id":"{ANNA}"}}\n')
    (done / "c.csv.gz").write_bytes(gzip.compress(f"user_id,item_id\n{ANNA},i1\n".encode()))
    (done / "e.csv").write_bytes(f"\0{ANNA}".encode())
    (done / "f.csv.reason.txt").write_text(f"{ANNA} is no product\n")
    duckdb.execute(f"COPY (SELECT '{ANNA}' AS user_id, 1 AS n) TO '{done / 'd.parquet'}' (FORMAT parquet)")
    (done / "kept.csv").write_text(f"user_id,item_id\n{ANNA}x,i1\nx{ANNA},{ANNA}-1\n")
    place = FilesPlace([done, tmp_path / "none"])
    assert (place.count(GONE), len(place.tell(GONE)), place.erase(GONE), place.erase(GONE)) == (6, 6, 6, 0)
    assert [path.name for path in done.iterdir()] == ["kept.csv"]


def test_a_history_of_many_parts_is_rewritten_in_the_order_of_persons(tmp_path: Path) -> None:
    rows = [f"u{n % 700:03},d,i{n % 13},{n % 900}" for n in range(3000)]
    store = imported(tmp_path, *rows)
    before = {who: store.trail(who) for who in ("u001", "u350", "u699")}
    gone = Gone(frozenset(f"u{n:03}" for n in range(0, 700, 7)))
    assert HistoryPlace(store).erase(gone) == sum(n % 700 % 7 == 0 for n in range(3000))
    assert store.trail("u001") == before["u001"]
    assert (len(store.trail("u350")), store.trail("u699")) == (0, before["u699"])
    log = store.log()
    assert np.all(np.diff(log.user_idx) >= 0)
    assert gone.ids.isdisjoint(log.users)

"""Files that are dropped into a folder."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from shopkeeper.adapters.files import SegmentStore
from shopkeeper.adapters.files.inbox import Inbox
from shopkeeper.adapters.memory import MemoryEventStore
from shopkeeper.estimator import ignore
from shopkeeper.kit.clock import utc_now
from shopkeeper.kit.errors import Unavailable

GOOD = "user_id,item_id,type,timestamp\nu1,i1,view,1600000000\n"


def later() -> datetime:
    return utc_now() + timedelta(minutes=1)


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    inbox = Inbox(tmp_path / "inbox", SegmentStore(tmp_path / "history"), MemoryEventStore(), tmp_path, later)
    assert inbox.run(ignore) == ""
    return inbox


def lying(inbox: Inbox) -> list[str]:
    return sorted(str(path.relative_to(inbox.folder)) for path in inbox.folder.rglob("*") if path.is_file())


def test_each_file_goes_where_it_belongs(inbox: Inbox) -> None:
    (inbox.folder / "a.csv").write_text(GOOD)
    (inbox.folder / "b.csv").write_text("name,colour\na,b\n")
    told = inbox.run(ignore)
    assert "1 events from a.csv, 0 were there before, 0 rows rejected; b.csv was refused: " in told
    names = [name.partition("/")[0] for name in lying(inbox)]
    assert (names, inbox.history.count()) == (["done", "refused", "refused"], 1)
    (reason,) = inbox.folder.rglob("*.reason.txt")
    assert "has the columns name, colour" in reason.read_text()


def test_the_same_file_again_adds_nothing(inbox: Inbox) -> None:
    for new in (1, 0):
        (inbox.folder / "a.csv").write_text(GOOD)
        assert inbox.run(ignore).startswith(f"{new} events from a.csv")
    assert inbox.history.count() == 1


def test_what_is_still_being_written_waits(inbox: Inbox) -> None:
    (inbox.folder / ".a.csv").write_text(GOOD)
    (inbox.folder / "b.csv").write_text(GOOD)
    inbox.clock = utc_now
    assert (inbox.run(ignore), lying(inbox)) == ("", [".a.csv", "b.csv"])


def test_a_file_waits_while_somebody_else_imports(inbox: Inbox) -> None:
    (inbox.folder / "a.csv").write_text(GOOD)
    with inbox.history.importing(), pytest.raises(Unavailable, match="wait until it has ended"):
        inbox.run(ignore)
    assert lying(inbox) == ["a.csv"]

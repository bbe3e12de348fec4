"""What every `ExplorationLog` must do; subclass with a pytest fixture `log` of an empty one."""

from datetime import UTC, datetime, timedelta

from shopkeeper.data.exploration import Exploration
from shopkeeper.ports.exploration import ExplorationLog

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)


def place(answer: str, hours: int) -> Exploration:
    """Return an explored place, so many hours after noon."""
    return Exploration(answer, "a", 7, 0.25, {"a": 0.25, "b": 0.75}, NOON + timedelta(hours=hours))


class ExplorationLogSuite:
    """For implementations of `ExplorationLog`."""

    def test_what_was_noted_is_told_the_oldest_first(self, log: ExplorationLog) -> None:
        """With all that was said of it."""
        log.add([place("second", 2), place("first", 1)])
        log.add([])
        assert log.since(NOON) == [place("first", 1), place("second", 2)]
        assert log.since(NOON + timedelta(hours=2)) == [place("second", 2)]
        assert log.since(NOON, limit=1) == [place("first", 1)]

    def test_what_is_old_can_be_removed(self, log: ExplorationLog) -> None:
        """And nothing else."""
        log.add([place("first", 1), place("second", 2)])
        assert (log.forget(NOON + timedelta(hours=2)), log.forget(NOON)) == (1, 0)
        assert log.since(NOON) == [place("second", 2)]

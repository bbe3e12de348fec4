"""Take erased persons out of every place, many at once."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import reduce
from operator import add

from shopkeeper.data.erasure import Erasure, Gone, Place, whole_person
from shopkeeper.estimator import Progress
from shopkeeper.kit.clock import Clock
from shopkeeper.kit.errors import InvalidInput
from shopkeeper.ports import MergeStore
from shopkeeper.ports.people import ErasureStore, PersonalPlace, Tombstones

AT_ONCE = 10_000
_DAILY = timedelta(days=1)


@dataclass(slots=True)
class SweepErased:
    """A `Job` that does what erasures wait for, and looks each day whether somebody who was erased is back.

    An old backup or an old file brings them back, and so does a fit that began before: the tombstones tell.
    """

    places: Sequence[PersonalPlace]
    merges: MergeStore
    tombstones: Tombstones
    erasures: ErasureStore
    leave_no_trace: Callable[[], None]
    """Let files of a database hold no byte of what was removed."""
    stamp: Callable[[], object]
    """Something that is another once files or models came or went."""
    renew: Callable[[Progress], str]
    """Do what was put off and is due; return what was done."""
    turn: Callable[[], AbstractContextManager[None]]
    """Wait until no other process does the same."""
    clock: Clock
    name: str = "erasures"
    _looked: tuple[datetime, object] | None = None

    def run(self, on_progress: Progress) -> str:
        """Erase who waits and who is back; return of how many persons, and where there was something."""
        if not len(self.tombstones):
            return ""
        with self.turn():
            return self._run(on_progress) or self.renew(on_progress)

    def _run(self, on_progress: Progress) -> str:
        waiting = self.erasures.waiting(AT_ONCE)
        known = {who for one in waiting if one.gone for who in one.gone.ids}
        back = self._back() - known
        if not (waiting or back):
            return ""
        merges = [merge for who in sorted(back) for merge in self.merges.about(who)]
        gone = reduce(add, (one.gone for one in waiting if one.gone), whole_person(Gone(frozenset(back)), merges))
        found = self._erase(gone, on_progress) if gone.ids or gone.spans else {}
        # Twice, since who it was must be gone from the queue before the file is written anew.
        emptied = [replace(one, gone=None, places=self._done(one)) for one in waiting]
        self.erasures.settle(emptied)
        self.leave_no_trace()
        now = self.clock()
        self.erasures.settle([replace(one, done_at=now) for one in emptied])
        told = ", ".join(f"{n:,} in {name}" for name, n in found.items() if n)
        done = [f"{len(waiting):,} erasures done"] * bool(waiting)
        done += [f"{len(back):,} ids of erased persons had come back"] * bool(back)
        return f"{', '.join(done)}: {told or 'nothing was there'}"

    def reapply(self, on_progress: Progress) -> str:
        """Do the same at once if the tombstones know more than the store: it was brought back from an older copy.

        InvalidInput where they know less: who was erased would be taken for a stranger.
        """
        once, known = self.erasures.n_buried(), len(self.tombstones)  # In this order: both grow meanwhile.
        if known < once:
            raise InvalidInput(
                f"The folder `apart` knows of {known} erased ids, the shop of {once}: bring the copy of it back."
            )
        if known == once:
            return ""
        with self.turn():
            if (n_buried := len(self.tombstones)) <= self.erasures.n_buried():
                return ""  # Another process did it meanwhile.
            done, now = self._run(on_progress), self.clock()
            self.erasures.add(Erasure(f"restored-{now:%Y%m%dT%H%M%S%f}", now, (), None, n_buried, done_at=now))
            return done

    def _erase(self, gone: Gone, on_progress: Progress) -> dict[str, int]:
        found = {}
        for place in self.places:
            on_progress(0.0)
            found[place.name] = place.erase(gone, on_progress)
        return found

    def _done(self, erasure: Erasure) -> tuple[Place, ...]:
        states = {place.name: place.state for place in self.places}
        return tuple(replace(one, state=states.get(one.name, one.state)) for one in erasure.places)

    def _back(self) -> set[str]:
        """Return the ids of erased persons that some place has, when it is time to look."""
        now, stamp = self.clock(), self.stamp()
        if self._looked and self._looked[1] == stamp and now - self._looked[0] < _DAILY:
            return set()
        found = {who for place in self.places for who in self.tombstones.buried(set(place.known()))}
        self._looked = now, self.stamp()
        return found

"""Tell what a shop has about a person, and see to it that nothing is left."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from secrets import token_hex

from shopkeeper.data.erasure import Erasure, Gone, Place, person, whole_person
from shopkeeper.kit.clock import Clock
from shopkeeper.kit.errors import NotFound
from shopkeeper.ports import MergeStore
from shopkeeper.ports.people import ErasureStore, EventPlace, PersonalPlace, Told, Tombstones, places_of


@dataclass(frozen=True, slots=True)
class Erasing:
    """Everything that is known about persons, by all their ids, in all the places of a shop."""

    places: Sequence[PersonalPlace]
    events: Sequence[EventPlace]
    merges: MergeStore
    tombstones: Tombstones
    erasures: ErasureStore
    leave_no_trace: Callable[[], None]
    clock: Clock

    def whom(self, shopper_id: str) -> Gone:
        """Return all that is theirs: a visitor who signed in as one user alone is that user, with all its visitors.

        Of a visitor who was several users, the user has those times alone; asked for by its own id, it is itself.
        """
        meant = person(shopper_id, self.merges.about(shopper_id))
        return whole_person(meant, [merge for one in sorted(meant.ids) for merge in self.merges.about(one)])

    def look(self, shopper_id: str) -> list[Place]:
        """Return how much there is in each place; nothing is changed."""
        return places_of(self.places, self.whom(shopper_id))

    def tell(self, shopper_id: str) -> Mapping[str, Sequence[Told]]:
        """Return all that there is, by place; places that have nothing are left out."""
        gone = self.whom(shopper_id)
        return {place.name: told for place in self.places if (told := place.tell(gone))}

    def correct(self, shopper_id: str, event_id: str) -> None:
        """Remove one event of a person that never happened so; models forget it with their next fit. NotFound."""
        gone = self.whom(shopper_id)
        if not sum(place.take_out(gone, event_id) for place in self.events):
            raise NotFound(f"{shopper_id!r} did nothing that is stored as {event_id!r}.")
        self.leave_no_trace()

    def erase(self, shopper_id: str) -> Erasure:
        """Have a person forgotten: from now on nothing of theirs is used, and the worker removes what there is.

        Whom nobody knows, and who is erased already, is taken as anybody is: nothing that comes of them later is kept.
        """
        gone = self.whom(shopper_id)
        # First of all: what fails after this is found by the worker, and what fails before it was not promised.
        n_buried = self.tombstones.bury(gone.ids)
        erasure = Erasure(token_hex(16), self.clock(), places_of(self.places, gone), gone, n_buried)
        self.erasures.add(erasure)
        return erasure

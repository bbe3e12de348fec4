"""Models without those who were erased: fitted anew, so that they are what they would be had nobody been there."""

from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from secrets import token_hex

from shopkeeper import models
from shopkeeper.data.erasure import ERASED_PREFIX, Gone, State
from shopkeeper.data.events import EventType
from shopkeeper.data.vocabulary import Vocabulary
from shopkeeper.estimator import Config, Progress, Scorer, ignore
from shopkeeper.kit.errors import IncompatibleVersion, InvalidInput, NotFound
from shopkeeper.ports import CatalogStore, EventStore, ModelStore
from shopkeeper.ports.people import AllowedEvents, Told
from shopkeeper.services.recommendations.jobs import Publisher, training_data

SLOW = ("sequence",)
"""Models whose fit takes hours: names are taken out at once, and they are fitted anew within days."""
WITHIN = timedelta(days=6)
"""After their fit; the week that is promised has one to spare."""
_NAMELESS = "-nameless"


@dataclass(slots=True)
class ModelPlace:
    """All versions of all models: those that were fitted with a person are replaced, or removed.

    Nothing of the publishing gate is asked: a model without them is right even where it is worse.
    """

    publisher: Publisher
    events: EventStore | AllowedEvents
    catalog: CatalogStore
    types: Collection[EventType]
    slow: Collection[str] = SLOW
    name: str = "models"
    state: State = "erased"
    about: str = (
        "Models are fitted anew without the person, old versions removed; names leave the sequence model at once, "
        "which is fitted anew within 7 days."
    )

    @property
    def _models(self) -> ModelStore:
        return self.publisher.models

    def tell(self, gone: Gone) -> Sequence[Told]:
        """Return which versions were fitted with a person; what they learned of one cannot be told from the rest."""
        return [{"model": name, "version": version} for name, version in self._holding(gone.ids)]

    def count(self, gone: Gone) -> int:
        """Return how many there are."""
        return len(self._holding(gone.ids))

    def erase(self, gone: Gone, on_progress: Progress = ignore) -> int:
        """Fit what is served anew, and remove what was fitted with them; return how many versions that were."""
        holding = self._holding(gone.ids)
        if not holding:
            return 0
        names = {name for name, _ in holding}
        self._fit([name for name in self._models.names() if name in names.difference(self.slow)], on_progress)
        for name in names.intersection(self.slow):
            self._take_names_out(name, gone.ids)
        for name in models.names():
            self.publisher.checkpoints(name).clear()
        for name, version in self._holding(gone.ids):
            self._models.drop(name, version)
        return len(holding)

    def renew(self, on_progress: Progress = ignore) -> str:
        """Fit slow models anew that still know, without a name, what somebody did who was erased days ago."""
        now = self.publisher.clock()
        due = [
            name
            for name in self.slow
            for one in self._models.versions(name)
            if one.is_current and one.version.endswith(_NAMELESS) and now - one.fitted_at >= WITHIN
        ]
        if due:
            self._fit(due, on_progress)
        for name in due:
            for one in self._models.versions(name):
                if not one.is_current:
                    self._models.drop(name, one.version)
        return f"fitted {', '.join(due)} without those who were erased" if due else ""

    def known(self) -> Iterable[str]:
        """Return the ids of everybody whom some version was fitted with."""
        found = set[str]()
        for name, version in self._kept():
            with suppress(IncompatibleVersion):
                found.update(self._models.people(name, version))
        return found

    def _kept(self) -> list[tuple[str, str]]:
        return [(name, one.version) for name in models.names() for one in self._models.versions(name)]

    def _holding(self, ids: Collection[str]) -> list[tuple[str, str]]:
        return [key for key in self._kept() if self._holds(*key, ids)]

    def _holds(self, name: str, version: str, ids: Collection[str]) -> bool:
        try:
            return self._models.knows(name, version, ids)
        except IncompatibleVersion:
            return True  # Nobody can tell, and nobody can use it.

    def _fit(self, names: Sequence[str], on_progress: Progress) -> None:
        try:
            data = training_data(self.events, self.catalog, self.types)
        except InvalidInput:
            return  # Nobody is left to learn from, and so nothing to serve.
        scorers = [scorer for name in names if (scorer := self._as_fitted(name))]
        self.publisher.publish(scorers, data, check=False, progress_of=lambda _: on_progress)

    def _as_fitted(self, name: str) -> Scorer[Config] | None:
        try:
            return models.create(name, self._models.load(name).scorer.config.model_dump())
        except (IncompatibleVersion, NotFound):
            return None

    def _take_names_out(self, name: str, ids: Collection[str]) -> None:
        try:
            model = self._models.load(name)
        except (IncompatibleVersion, NotFound):
            return
        users = Vocabulary(f"{ERASED_PREFIX}{token_hex(8)}" if one in ids else one for one in model.users)
        version = f"{model.version.partition('-')[0]}-{token_hex(4)}{_NAMELESS}"
        self._models.save(replace(model, users=users, version=version))

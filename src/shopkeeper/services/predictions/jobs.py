"""Learn predictions and keep what was learned: when somebody says so, and when it is time."""

from dataclasses import dataclass

from shopkeeper.estimator import Progress
from shopkeeper.kit.clock import Clock, from_us
from shopkeeper.kit.due import Due
from shopkeeper.kit.errors import InvalidInput, ShopkeeperError
from shopkeeper.ports import CatalogStore, EventStore, OutlookStore, PredictionStore, SavedOutlook
from shopkeeper.ports.people import AllowedEvents
from shopkeeper.prediction.behaviour import Behaviour, Labels
from shopkeeper.prediction.outlook import Outlook


def behaviour_of(events: EventStore | AllowedEvents, catalog: CatalogStore, labels: Labels) -> Behaviour:
    """Return what predictions are learned from: what was imported and received, and the categories."""
    return Behaviour.of(events.log(), {p.item_id: p.categories[0] for p in catalog.all() if p.categories}, labels)


@dataclass(frozen=True, slots=True)
class Learner:
    """Learns predictions, and makes what it learned the served ones of their names."""

    predictions: PredictionStore
    outlooks: OutlookStore
    clock: Clock

    def learn(self, name: str, told: Behaviour) -> SavedOutlook:
        """Learn from all that had happened by now, or by the newest event where that was long ago.

        UnknownName; InvalidInput, most of all TooLittle, where nothing can be learned, which is noted.
        """
        now, prediction = self.clock(), self.predictions.get(name)
        try:
            as_of = min(now, from_us(int(told.log.at.max(initial=0))))
            saved = SavedOutlook(name, prediction, Outlook.fit(prediction, told, as_of), now, told.fingerprint())
        except InvalidInput as error:
            self.outlooks.refuse(name, str(error))
            raise
        self.outlooks.save(saved)
        return saved


@dataclass(slots=True)
class RefitPredictions:
    """Learn all predictions again when one is old, or when much has happened since."""

    learner: Learner
    events: AllowedEvents
    catalog: CatalogStore
    labels: Labels
    due: Due
    name: str = "predictions"

    def run(self, on_progress: Progress) -> str:
        """Learn if it is time and anything changed; return what was learned, and what was not, and why."""
        names = self.learner.predictions.names()
        kept = {name: saved for name in names if (saved := self._saved(name))}
        oldest = min((saved.fitted_at for saved in kept.values()), default=None)
        if not self.due.is_due(self.learner.clock(), self.events.count(), oldest):
            return ""
        told, fitted, refused = behaviour_of(self.events, self.catalog, self.labels), list[str](), list[str]()
        fingerprint = told.fingerprint()
        for place, name in enumerate(names):
            on_progress(place / len(names))
            if name in kept and kept[name].fingerprint == fingerprint:
                continue
            try:
                fitted.append(f"{name} {self.learner.learn(name, told).outlook.version}")
            except InvalidInput as error:
                refused.append(f"{name} not: {error}")
        return "; ".join([f"fitted {', '.join(fitted)}"] * bool(fitted) + refused)

    def _saved(self, name: str) -> SavedOutlook | None:
        try:
            return self.learner.outlooks.load(name, self.learner.predictions.get(name))
        except ShopkeeperError:
            return None

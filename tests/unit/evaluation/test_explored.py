"""What a log of explored places says of another way to rank is what it brings."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from shopkeeper import models
from shopkeeper.data.dataset import Dataset
from shopkeeper.data.eventlog import EventLog
from shopkeeper.data.events import Event, EventType
from shopkeeper.data.exploration import Exploration
from shopkeeper.data.history import HistoryBatch
from shopkeeper.estimator import Config, Scorer
from shopkeeper.evaluation.explored import Explored, Saw, Seen, seen_in
from shopkeeper.kit.errors import TooLittle

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
CLICKED = {"a": 0.1, "b": 0.3, "c": 0.2, "d": 0.6}
"""How often a product is clicked on that is seen."""
SHARES = {"a": 0.5, "b": 0.2, "c": 0.2, "d": 0.1}


def event(kind: EventType, item: str, answer: str | None = None, who: str = "u") -> Event:
    event_id = f"{kind}{item}{answer}{who}"
    return Event(event_id=event_id, type=kind, at=NOON, visitor_id=who, item_id=item, recommendation_id=answer)


def logged(n: int = 3000, seed: int = 0) -> tuple[list[Exploration], Seen]:
    """Return places that chance filled, of which every fifth was not seen, and what people did."""
    rng, names = np.random.default_rng(seed), list(SHARES)
    places, did = list[Exploration](), list[Event]()
    for number in range(n):
        item = names[rng.choice(4, p=list(SHARES.values()))]
        places.append(Exploration(f"r{number}", item, 7, SHARES[item], SHARES, NOON + timedelta(seconds=number)))
        if number % 5:
            did.append(event(EventType.IMPRESSION, item, f"r{number}", f"u{number}"))
        if number % 5 and rng.random() < CLICKED[item]:
            did.append(event(EventType.CLICK, item, f"r{number}", f"u{number}"))
    return places, seen_in({"u": did})


def popularity(*bought: str) -> tuple[Scorer[Config], Dataset]:
    """Return a model to which what was bought more often is better."""
    rows = [
        replace(event(EventType.PURCHASE, item, who=f"w{number}"), event_id=f"{number}")
        for number, item in enumerate(bought)
    ]
    data = Dataset.from_log(EventLog.of(rows))
    return models.create("popularity").fit(data, rng=np.random.default_rng(0)), data


def nothing(n: int, data: Dataset) -> HistoryBatch:
    return HistoryBatch.joined([HistoryBatch.from_events([], data.items, as_of=NOON)] * n)


@pytest.mark.parametrize(
    ("bought", "brings"),
    [("ddbca", 0.6), ("bba", 0.3), ("bbdd", 0.45), ("z", 0.3)],
    ids=["the best", "another", "two alike", "none that it knows"],
)
def test_a_model_is_told_what_its_best_brings(bought: str, brings: float) -> None:
    """Of two alike each as often; where it knows none, all."""
    errors, widths = list[float](), list[float]()
    for seed in range(20):
        explored = Explored.of(*logged(seed=seed))
        scorer, data = popularity(*bought)
        told = explored.told(explored.by(scorer, data.items, nothing(len(explored.places), data)))
        errors += [told.snips.value - brings, told.dr.value - brings]
        widths.append(told.dr.high - told.dr.low)
        assert told.effective < len(explored.places) == 2400
    assert abs(np.mean(errors)) < 0.02
    assert np.mean(np.abs(errors)) < np.mean(widths) / 2


def test_what_was_shown_is_told_as_it_was() -> None:
    explored = Explored.of(*logged())
    told = explored.told(explored.shares)
    assert told.snips.value == pytest.approx(explored.log.reward.mean())
    assert told.dr.value == pytest.approx(explored.log.reward.mean())
    assert told.effective == pytest.approx(2400)


def test_what_has_an_earlier_place_of_the_answer_could_not_stand_in_the_next() -> None:
    first = Exploration("r", "b", 6, 0.2, SHARES, NOON)
    second = Exploration("r", "d", 9, 0.1 / 0.8, SHARES, NOON)
    places, seen = logged()
    both = {("r", "b"): Saw("u", True), ("r", "d"): Saw("u", False)}
    explored = Explored.of([second, first, *places], {**seen, **both})
    at = [place.item_id for place in explored.places if place.recommendation_id == "r"]
    assert at == ["b", "d"]
    row = explored.places.index(second)
    assert explored.items[row] == ["a", "c", "d"]
    assert explored.shares[row].tolist() == pytest.approx([0.5 / 0.8, 0.2 / 0.8, 0.1 / 0.8, 0])
    assert explored.log.probability[row] == pytest.approx(explored.shares[row, explored.log.decision[row]])


def test_a_click_tells_that_it_was_seen_and_other_events_do_not() -> None:
    did = [event(EventType.CLICK, "a", "r"), event(EventType.VIEW, "b", "r"), event(EventType.IMPRESSION, "c")]
    assert seen_in({"u": [*did, event(EventType.IMPRESSION, "d", "r")]}) == {
        ("r", "a"): Saw("u", True),
        ("r", "d"): Saw("u", False),
    }


def test_too_little_is_refused() -> None:
    places, seen = logged()
    with pytest.raises(TooLittle, match="Somebody saw 160 places that explored, and 200 are needed"):
        Explored.of(places[:200], seen)
    scorer, data = popularity("d")
    explored = Explored.of(places[:300], seen)
    with pytest.raises(TooLittle, match="Of 240 decisions"):
        explored.told(explored.by(scorer, data.items, nothing(240, data)))

"""Who is in which segment: of some people, or of everybody, a part at a time."""

from collections.abc import Iterator, Mapping
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from shopkeeper.data.eventlog import EventLog
from shopkeeper.kit.clock import to_us
from shopkeeper.kit.errors import InvalidInput
from shopkeeper.ports import PredictionStore, SegmentDefinitions
from shopkeeper.prediction.behaviour import Behaviour
from shopkeeper.prediction.definition import Prediction
from shopkeeper.prediction.outlook import Outlook
from shopkeeper.prediction.segments import People, Segment, Segments

_AT_ONCE = 20_000
Outlooks = Mapping[str, tuple[Prediction, Outlook]]


def segments_of(definitions: SegmentDefinitions, predictions: PredictionStore) -> tuple[Segments, dict[str, str]]:
    """Return the segments of a shop as they are now, and why files cannot be used."""
    known, segments, problems = dict[str, Prediction](), dict[str, Segment](), dict[str, str]()
    for name in predictions.names():
        try:
            one = predictions.get(name)
        except InvalidInput:
            continue  # which is told of the prediction
        if one.entity != "shown":  # which is about more than people
            known[name] = one
    for name in definitions.names():
        try:
            segments[name] = definitions.get(name)
        except InvalidInput as error:
            problems[name] = str(error)
    return Segments(segments, known), problems


def people_of(outlooks: Outlooks, told: Behaviour, part: EventLog, users: NDArray[np.int32], as_of: datetime) -> People:
    """Return what is known of some people, of whom a part of the log tells, at a moment."""
    people = People(part, users, told.category_of, to_us(as_of))
    for name, (prediction, outlook) in outlooks.items():
        people.tell(name, prediction, outlook.of_part(told, part, users, as_of))
    return people


def members(
    name: str, segments: Segments, outlooks: Outlooks, told: Behaviour, as_of: datetime
) -> Iterator[tuple[float, list[str]]]:
    """Give everybody in a segment, some at a time, with the share of all people that were looked at."""
    for share, part, users in told.parts(to_us(as_of), _AT_ONCE):
        are_in = segments.of(name, people_of(outlooks, told, part, users, as_of))
        yield share, [told.log.users[user] for user in users[are_in].tolist()]

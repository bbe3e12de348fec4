"""Gorse's feedback as our events, and back."""

from collections.abc import Sequence
from typing import get_args

from shopkeeper.data.events import EventType
from shopkeeper.data.gorse import Words, feedback_id, feedback_name
from shopkeeper.kit.errors import InvalidInput, UnknownName
from shopkeeper.services.events.contract import EventIn, History
from shopkeeper.services.gorse.bodies import GorseFeedback, GorseFeedbackTold
from shopkeeper.services.recommendations.contract import RecentEvent, RecentType


def events_of(feedback: Sequence[GorseFeedback], words: Words) -> list[EventIn]:
    """Return feedback as events, without what the shop ignores; InvalidInput names a word that nobody explained."""
    meant = [(one, meaning(one.feedback_type, words)) for one in feedback]
    return [
        EventIn.model_validate(
            {
                "type": kind.label,
                "event_id": feedback_id(one.feedback_type, one.user_id, one.item_id, one.timestamp),
                "at": one.timestamp,
                "user_id": one.user_id,
                "item_id": one.item_id,
            }
        )
        for one, kind in meant
        if kind is not None
    ]


def recent_of(feedback: Sequence[GorseFeedback], words: Words) -> list[RecentEvent]:
    """Return what a visit told so far, oldest first; what a list cannot be made from is left out."""
    events = [event for event in events_of(feedback, words) if event.type in get_args(RecentType)]
    events.sort(key=lambda event: (event.at is None, event.at.timestamp() if event.at else 0.0))
    return [RecentEvent.model_validate(event.model_dump(include={"item_id", "type", "at"})) for event in events]


def not_kept(feedback: Sequence[GorseFeedback]) -> list[str]:
    """Return the fields in which feedback said something that an event has no place for."""
    said = {"Value": any(one.value for one in feedback), "Labels": any(one.labels for one in feedback)}
    said["Comment"] = any(one.comment for one in feedback)
    return [field for field, is_said in said.items() if is_said]


def told(history: History, *, item_id: str | None = None, name: str | None = None) -> list[GorseFeedbackTold]:
    """Return a history as feedback, newest first: one for each product and name, with its first and its last time."""
    found: dict[tuple[str, str], GorseFeedbackTold] = {}
    for event in history.events:
        called = feedback_name(event.event_id, event.type)
        if event.item_id is None or item_id not in (None, event.item_id) or name not in (None, called):
            continue
        one = found.setdefault(
            (event.item_id, called),
            GorseFeedbackTold(
                feedback_type=called,
                user_id=event.user_id or event.visitor_id,
                item_id=event.item_id,
                timestamp=event.at,
                updated=event.at,
            ),
        )
        one.timestamp = event.at
    return list(found.values())


def meaning(name: str, words: Words) -> EventType | None:
    """Return what a name of feedback means, None if it is to be left out; InvalidInput where nobody said."""
    if name.lower() not in words:
        raise InvalidInput(f"{UnknownName('feedback', name, words)} Say what it means with SHOPKEEPER_GORSE_FEEDBACK.")
    return words[name.lower()]

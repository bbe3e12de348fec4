"""The reason of a recommendation as a sentence that a customer understands."""

from dataclasses import replace

from shopkeeper.data.items import LEAST, Reason, ReasonKind

_PLAIN = {
    ReasonKind.HISTORY: "Chosen from what you took and looked at",
    ReasonKind.RECENT: "You looked at it lately",
    ReasonKind.NEW: "New in the shop",
    ReasonKind.CHOSEN: "Chosen by the shop",
    ReasonKind.EXPLORED: "Something else to discover",
}


def told(reason: Reason) -> Reason:
    """Return a reason that speaks of nobody in particular: of fewer than `LEAST` people it says something else."""
    if reason.people >= LEAST or not reason.people:
        return reason
    kind = ReasonKind.HISTORY if reason.kind is ReasonKind.NEIGHBOURS else reason.kind
    return replace(reason, kind=kind, people=0, shared=0)


def sentence(reason: Reason, because: str | None = None, did: str = "") -> str:
    """Return the reason in English; `because` is the title of the product that is the reason, where one is.

    `did` is what the person did with that, such as "bought"; nothing where it is the page's own.
    """
    reason = told(reason)
    if reason.kind is ReasonKind.NEIGHBOURS:
        what = "at least 1 product with you" if reason.shared == 1 else "products with you"
        several = f", {LEAST} of them at least {reason.shared:,}," if reason.shared > 1 else ""
        return f"{reason.people:,} customers who share {what}{several} bought it"
    if reason.kind is ReasonKind.SIMILAR:
        return f"Often bought by people who took {because}" if because else "Goes with what you took"
    if reason.kind is ReasonKind.AGAIN:
        return f"You took it {_count(reason.times, 'time')} before"
    if reason.kind is ReasonKind.ALIKE:
        return f"Like {because or 'what you turned to'}" + (f", which you {did}" if because and did else "")
    return _PLAIN.get(reason.kind) or _by(reason)


def _by(reason: Reason) -> str:
    what, did = ("Trending", "took it lately") if reason.kind is ReasonKind.TRENDING else ("Popular", "bought it")
    about = "about " if reason.is_noisy else ""
    return f"{what}: {about}{_count(reason.people, 'customer')} {did}" if reason.people else what


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"

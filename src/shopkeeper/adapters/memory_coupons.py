"""A CouponStore in memory: a book that holds everything."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from threading import Lock
from typing import TypeVar

from shopkeeper.coupons.book import Book, Touched
from shopkeeper.data.coupon import SETTLED, Budget, Campaign, Decision, Entry, Step
from shopkeeper.ports.coupons import Earned, Taking

T = TypeVar("T")


class MemoryCouponStore:
    """A CouponStore that forgets when the process ends, and reads everything in each turn: for little shops."""

    def __init__(self) -> None:
        self._book, self._entries, self._decided = Book(), list[Entry](), list[Decision]()
        self._answered: dict[str, datetime] = {}
        self._lock = Lock()

    def run(self, touched: Touched, act: Callable[[Book], T]) -> T:
        """Let something change a copy, which takes the place of the book when nothing has failed."""
        with self._lock:
            book = _copy(self._book)
            done = act(book)
            book.codes = {coupon.digest: coupon_id for coupon_id, coupon in book.coupons.items()}
            first = len(self._entries) + 1
            self._entries += [replace(entry, number=number) for number, entry in enumerate(book.entries, first)]
            if touched.now:
                self._answered |= dict.fromkeys(book.new_kept, touched.now)
            self._book = _copy(book)
            return done

    def read(self, touched: Touched) -> Book:
        """Return a copy of everything."""
        with self._lock:
            return _copy(self._book)

    def campaigns(self) -> list[tuple[Campaign, Budget]]:
        """Return the newest version of all campaigns with what is left, by id."""
        book = self.read(Touched())
        return [(book.terms[name, budget.version], budget) for name, budget in sorted(book.budgets.items())]

    def entries(
        self,
        *,
        campaign_id: str | None = None,
        coupon_id: str | None = None,
        order_id: str | None = None,
        since: int = 0,
        limit: int = 1000,
    ) -> list[Entry]:
        """Return the first entries after a number, of one campaign, coupon or order, or of all."""
        asked = (campaign_id, coupon_id, order_id)
        found = (
            entry
            for entry in self._entries
            if entry.number > since
            and all(
                one in (None, own)
                for one, own in zip(asked, (entry.campaign_id, entry.coupon_id, entry.order_id), strict=True)
            )
        )
        return list(found)[:limit]

    def earned(self, campaign_id: str) -> Earned:
        """Return the sums of a campaign's entries."""
        own = self.entries(campaign_id=campaign_id, limit=len(self._entries))
        costs = [entry.cost_minor for entry in own]
        steps: Counter[Step] = Counter(entry.step for entry in own)
        return Earned(
            sum(entry.goods_minor for entry in own),
            sum(entry.spent_minor for entry in own),
            None if None in costs else sum(cost or 0 for cost in costs),
            steps,
        )

    def forget_answers(self, before: datetime) -> int:
        """Remove answers that were first given before a time; return how many."""
        with self._lock:
            old = [key for key, at in self._answered.items() if at < before]
            for key in old:
                del self._answered[key], self._book.kept[key]
            return len(old)

    def decide(self, decisions: Sequence[Decision]) -> list[Decision]:
        """Write down the decisions that are not there yet, all or none; return each as it is there."""
        with self._lock:
            for one in decisions:
                if one.decision_id not in self._book.decisions:
                    self._book.decisions[one.decision_id] = one
                    self._decided.append(one)
            return [self._book.decisions[one.decision_id] for one in decisions]

    def taken(self, campaign_id: str) -> dict[str, Taking]:
        """Return what became of the coupons that decisions gave, by decision."""
        found, book = dict[str, Taking](), self.read(Touched())
        for entry in self._entries:
            coupon = book.coupons[entry.coupon_id]
            if entry.campaign_id != campaign_id or coupon.decision_id is None:
                continue
            before = found.get(coupon.decision_id) or Taking(0, None, coupon.state in SETTLED)
            first = before.redeemed_at or (entry.at if entry.step == "redeemed" else None)
            taken = replace(before, off_minor=before.off_minor + entry.spent_minor, redeemed_at=first)
            found[coupon.decision_id] = taken
        return found

    def promised_minor(self, campaign_id: str, since: datetime) -> float:
        """Return what coupons of newer decisions are expected to take off still."""
        settled = {decision_id for decision_id, one in self.taken(campaign_id).items() if one.settled}
        newer = (one for one in self._decided if one.campaign_id == campaign_id and one.at >= since)
        return sum(one.expected_minor for one in newer if one.decision_id not in settled)

    def decisions(self, campaign_id: str, *, since: int = 0, limit: int = 100_000) -> tuple[list[Decision], int]:
        """Return the first decisions about a campaign after a number, and the number of the last."""
        found = [(n, one) for n, one in enumerate(self._decided, 1) if n > since and one.campaign_id == campaign_id]
        return [one for _, one in found[:limit]], found[:limit][-1][0] if found else since


def _copy(book: Book) -> Book:
    """Return what a book holds, without what is new in it; of that, budgets alone are changed in place."""
    return Book(
        terms=dict(book.terms),
        budgets={name: replace(budget) for name, budget in book.budgets.items()},
        coupons=dict(book.coupons),
        codes=dict(book.codes),
        orders=dict(book.orders),
        uses=dict(book.uses),
        decisions=dict(book.decisions),
        kept=dict(book.kept),
    )

"""Put the ledger in order: free what was reserved, and note what is good no longer."""

from dataclasses import dataclass
from datetime import timedelta

from shopkeeper.coupons.book import Book, Touched
from shopkeeper.coupons.ledger import expire, sweep
from shopkeeper.estimator import Progress
from shopkeeper.kit.clock import Clock
from shopkeeper.ports import CouponStore

KEPT = timedelta(days=7)
"""So long the same question under the same key gets the same answer."""
_AT_ONCE = 1000


@dataclass(slots=True)
class SweepCoupons:
    """Frees reservations that have ended and notes coupons that have; old answers are forgotten.

    Whoever asks for a coupon sees both at once; this is for budgets that nobody asks for.
    """

    store: CouponStore
    clock: Clock
    name: str = "coupons"

    def run(self, on_progress: Progress) -> str:
        """Do what is due; return what was done."""
        now, freed, expired = self.clock(), 0, 0

        def act(book: Book) -> tuple[int, int]:
            return sweep(book, now), expire(book, now)

        while True:
            on_progress(0.0)
            some = self.store.run(Touched(now=now, expiring=_AT_ONCE), act)
            freed, expired = freed + some[0], expired + some[1]
            if not any(some):
                break
        forgotten = self.store.forget_answers(now - KEPT)
        told = ((freed, "reservations freed"), (expired, "coupons expired"), (forgotten, "answers forgotten"))
        return ", ".join(f"{n:,} {what}" for n, what in told if n)

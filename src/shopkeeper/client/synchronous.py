"""The client for programs with threads, or with none."""

import atexit
import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from threading import Event as Signal
from threading import Lock, Thread
from time import monotonic, sleep
from types import TracebackType
from typing import Self, TypeVar, Unpack

import httpx
from pydantic import BaseModel

from shopkeeper.client import coupons, requests
from shopkeeper.client.answers import History, Merged, Product, Products, Receipt, Recommendation, Stored
from shopkeeper.client.buffer import Buffer, OnLost, log_lost
from shopkeeper.client.errors import ClientError, NoAnswer
from shopkeeper.client.events import Event, EventKind, Ready, ready
from shopkeeper.client.tracking import Tracking
from shopkeeper.client.tries import Tries
from shopkeeper.kit.clock import utc_now

T = TypeVar("T", bound=BaseModel)
_log = logging.getLogger(__name__)


class Client(Tracking):
    """A running Shopkeeper, to be asked and told. One for the whole process; all threads may use it.

    `view`, `purchase` and the like put events into a buffer that a thread of its own sends; the others ask at once.
    Close it, or use it as a context manager: that sends what is left. An end of the program closes it too.
    """

    def __init__(
        self,
        url: str,
        *,
        api_key: str = "",
        timeout_s: float = 5.0,
        tries: int = 3,
        buffer_events: int = 10_000,
        batch_events: int = 100,
        batch_s: float = 1.0,
        on_lost: OnLost = log_lost,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """Take the address; nothing is asked yet.

        `timeout_s` is for a whole call, its tries and the pauses between them included. Events are sent when there are
        `batch_events` of them or `batch_s` seconds have passed; `on_lost(event, why)` is told of each that will not be
        stored, as where more than `buffer_events` wait.
        """
        self._timeout_s, self._tries = timeout_s, tries
        self._http = httpx.Client(**requests.address(url, api_key), transport=transport)
        self._buffer = Buffer(buffer_events, batch_events, batch_s, on_lost)
        self._sending, self._starting = Lock(), Lock()
        self._wake, self._closing = Signal(), Signal()
        self._thread: Thread | None = None
        atexit.register(self.close)

    def recommend(self, **wish: Unpack[requests.Wish]) -> Recommendation:
        """Return products for a person."""
        return self._ask(requests.recommend(wish))

    def put_products(self, products: Iterable[Product]) -> Stored:
        """Store at most ten thousand products, all or none, replacing those of the same id."""
        return self._ask(requests.put_products(products))

    def get_product(self, item_id: str) -> Product:
        """Return one product; ApiError with the code `not_found` when there is none."""
        return self._ask(requests.get_product(item_id))

    def find_products(self, text: str, *, limit: int = 20) -> Products:
        """Return products whose title or id holds the text, ignoring case."""
        return self._ask(requests.find_products(text, limit))

    def history(
        self,
        *,
        user_id: str | None = None,
        visitor_id: str | None = None,
        limit: int = 50,
        types: Sequence[EventKind] | None = None,
    ) -> History:
        """Return what a person did, newest first."""
        return self._ask(requests.history(user_id, visitor_id, limit, types))

    def merge(self, user_id: str, *, visitor_id: str) -> Merged:
        """Join what a visitor did before signing in, which is now, to the user's history."""
        return self._ask(requests.merge(user_id, visitor_id, utc_now()))

    def decide_coupons(
        self, shopper_ids: Sequence[str], *, campaign_id: str | None = None, opted_out: Collection[str] = ()
    ) -> coupons.DecideAnswer:
        """Return who is offered what, which is logged; of who opted out, what is open to all."""
        return self._ask(coupons.decide(shopper_ids, campaign_id, opted_out))

    def issue_coupons(
        self,
        campaign_id: str,
        offer_id: str,
        *,
        shopper_ids: Sequence[str] | None = None,
        count: int | None = None,
        decisions: Mapping[str, str | None] | None = None,
        key: str | None = None,
    ) -> coupons.IssueAnswer:
        """Return new codes: one for each of some people or decisions by person, or `count` for whoever has them."""
        return self._ask(coupons.issue(campaign_id, offer_id, shopper_ids, count, decisions, key))

    def validate_coupons(
        self, codes: Sequence[str], cart: coupons.Cart, *, shopper_id: str | None = None
    ) -> coupons.CouponAnswer:
        """Return what codes would take off a cart, and why others do nothing."""
        return self._ask(coupons.validate(codes, cart, shopper_id))

    def reserve_coupons(
        self,
        order_id: str,
        codes: Sequence[str],
        cart: coupons.Cart,
        *,
        shopper_id: str | None = None,
        minutes: int = 15,
        key: str | None = None,
    ) -> coupons.CouponAnswer:
        """Hold coupons for an order that is not paid yet: all of them, or none."""
        return self._ask(coupons.reserve(order_id, codes, cart, shopper_id, minutes, key))

    def redeem_coupons(
        self,
        order_id: str,
        codes: Sequence[str] | None = None,
        cart: coupons.Cart | None = None,
        *,
        shopper_id: str | None = None,
        key: str | None = None,
    ) -> coupons.CouponAnswer:
        """Use what is reserved for an order, or codes at once.

        All tries of this call are one. Give a `key` of your own, such as the order's id, to ask again later.
        """
        return self._ask(coupons.redeem(order_id, codes, cart, shopper_id, key))

    def release_coupons(self, order_id: str, *, key: str | None = None) -> coupons.CouponAnswer:
        """Free what is reserved for an order."""
        return self._ask(coupons.release(order_id, key))

    def reverse_order(
        self,
        order_id: str,
        pieces: Mapping[str, int] | None = None,
        *,
        shipping: bool | None = None,
        key: str | None = None,
    ) -> coupons.ReverseAnswer:
        """Take back some pieces by product, or all that is left, and return what the customer gets for them."""
        return self._ask(coupons.reverse(order_id, pieces, shipping, key))

    def record(
        self,
        events: Iterable[Event],
        *,
        partial: bool = False,
        validate_only: bool = False,
        create_products: bool = False,
    ) -> Receipt:
        """Store at most a thousand events now, past the buffer: all or none unless `partial`."""
        now = utc_now()
        made = [ready(event, now) for event in events]
        call = requests.record(made, partial=partial, validate_only=validate_only, create_products=create_products)
        return self._ask(call)

    def flush(self) -> None:
        """Return when all that was accepted is stored, or told to `on_lost`; ClientError when it cannot be now."""
        with self._sending:
            last = self._buffer.taken
            while self._buffer.gone < last:
                batch = self._buffer.batch()
                try:
                    receipt = self._ask(requests.record(batch))
                except ClientError as error:
                    self._buffer.failed(batch, error, monotonic())
                else:
                    self._buffer.sent(batch, receipt, monotonic())

    def close(self) -> None:
        """Send what is left, try no further than one call does, and let go of the connections."""
        atexit.unregister(self.close)
        self._buffer.close()
        self._closing.set()
        self._wake.set()
        if self._thread:
            self._thread.join()
        try:
            self.flush()
        except ClientError as error:
            self._buffer.give_up(error)
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _ask(self, call: requests.Call[T]) -> T:
        turns = Tries(self._tries, self._timeout_s)
        while True:
            try:
                return self._ask_once(call, turns.left_s)
            except ClientError as error:
                if (pause_s := turns.pause_s(error)) is None:
                    raise
            sleep(pause_s)

    def _ask_once(self, call: requests.Call[T], timeout_s: float) -> T:
        try:
            response = self._http.request(
                call.method, call.path, params=call.params, content=call.body, headers=call.headers, timeout=timeout_s
            )
        except httpx.RequestError as error:
            raise NoAnswer.of(self._http.base_url, error) from error
        return call.read(response)

    def _accept(self, event: Ready) -> None:
        if self._buffer.add(event, monotonic()):
            self._wake.set()
        with self._starting:
            # Looked at each time, since a process that was forked from this one has no such thread.
            if not (self._thread and self._thread.is_alive()):
                self._thread = Thread(target=self._send_on, name="shopkeeper", daemon=True)
                self._thread.start()

    def _send_on(self) -> None:
        while not self._closing.is_set():
            wait_s = self._buffer.wait_s(monotonic())
            if wait_s is None or wait_s:
                self._wake.wait(wait_s)
                self._wake.clear()
                continue
            try:
                self.flush()
            except ClientError as error:
                _log.warning("events wait to be sent again: %s", error)

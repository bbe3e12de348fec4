"""Asks a language model about products: from the book if it was asked before, within the budget, and not for ever."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import TYPE_CHECKING

import anyio
from anyio.to_thread import run_sync

from shopkeeper.adapters.llm.book import Book
from shopkeeper.adapters.llm.breaker import Breaker
from shopkeeper.adapters.llm.endpoint import Endpoint, NoAnswer
from shopkeeper.kit.clock import Clock, utc_now
from shopkeeper.kit.errors import InvalidInput
from shopkeeper.tagging.attributes import AttributeRules
from shopkeeper.tagging.budget import Budget, Price, Spent
from shopkeeper.tagging.orders import gives_orders
from shopkeeper.tagging.teacher import PROMPT_VERSION, Judged, Problem, Prompt, Question, Reply, judged, prompt, unasked
from shopkeeper.tagging.trust import Trust

if TYPE_CHECKING:
    from openai import AsyncOpenAI

_log = logging.getLogger(__name__)
_PAUSE_S = 0.5
"""Before the second try; it doubles with each further one."""
_LONGEST_PAUSE_S = 30.0
"""Who asks for a longer one is asked again another time."""
_FREE = Price()


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How a language model is asked."""

    budget: Budget
    price: Price = _FREE
    most_answer_tokens: int = 400
    """Of one answer; a longer one is cut off, and not believed."""
    retries: int = 3
    at_once: int = 4
    """Questions on their way at the same time."""


class LlmTeacher:
    """Judges what a language model says; whatever goes wrong, a person looks."""

    def __init__(
        self,
        endpoint: Endpoint,
        book: Book,
        rules: AttributeRules,
        limits: Limits,
        *,
        breaker: Breaker | None = None,
        clock: Clock = utc_now,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
    ) -> None:
        self._endpoint, self._book, self._rules, self._limits = endpoint, book, rules, limits
        self._breaker, self._clock, self._sleep = breaker or Breaker(), clock, sleep
        self._jitter = Random(0)  # noqa: S311 - so that many do not come again at once, not a secret

    @property
    def version(self) -> str:
        """Of the tags: the model, and what it is asked."""
        return f"{self._endpoint.model}, prompt {PROMPT_VERSION}"

    async def ask(self, questions: Sequence[Question], trust: Trust) -> list[Judged]:
        """Return what is believed about each product; InvalidInput where the address, key or model must be mended."""
        answers: list[Judged] = [unasked(question, "unavailable") for question in questions]
        room = anyio.CapacityLimiter(self._limits.at_once)

        async def one(place: int, client: "AsyncOpenAI") -> None:
            async with room:
                answers[place] = await self._one(client, questions[place], trust)

        async with self._endpoint.connected() as client:
            try:
                async with anyio.create_task_group() as tasks:
                    for place in range(len(questions)):
                        tasks.start_soon(one, place, client)
            except BaseExceptionGroup as group:
                raise group.exceptions[0] from None
        return answers

    async def _one(self, client: "AsyncOpenAI", question: Question, trust: Trust) -> Judged:
        if gives_orders(question.text):
            return unasked(question, "gives orders")
        asked = prompt(question)
        key = asked.key(self._endpoint.model)
        reply: Reply | Problem | None = await run_sync(self._book.answer, key)
        if reply is None:
            reply = await self._tries(client, asked)
            if isinstance(reply, Reply):
                await run_sync(self._book.keep, key, reply)
        if isinstance(reply, Reply):
            return judged(question, reply, self._rules, trust, self.version)
        return unasked(question, reply)

    async def _tries(self, client: "AsyncOpenAI", asked: Prompt) -> Reply | Problem:
        most = self._limits.price.of(asked.most_tokens, self._limits.most_answer_tokens)
        for turn in range(1 + self._limits.retries):
            if not self._breaker.lets_through():
                return "unavailable"
            at = self._clock()
            if not await run_sync(self._book.reserve, at, most, self._limits.budget):
                return "over budget"
            settle = partial(self._book.settle, at, most)
            try:
                reply = await self._endpoint.chat(client, asked, self._limits.most_answer_tokens)
            except NoAnswer as error:
                _log.warning("%s (try %d)", error, turn + 1)
                if not error.is_billed:
                    await run_sync(settle, Spent())
                self._breaker.failed()
                pause_s = self._pause_s(turn, error.wait_s)
                if not error.again or turn == self._limits.retries or pause_s > _LONGEST_PAUSE_S:
                    return "unavailable"
                await self._sleep(pause_s)
                continue
            except InvalidInput:
                await run_sync(settle, Spent())
                raise
            self._breaker.succeeded()
            await run_sync(settle, self._cost(reply, most))
            return reply
        return "unavailable"

    def _pause_s(self, turn: int, wait_s: float | None) -> float:
        return _PAUSE_S * 2**turn * (1 + self._jitter.random()) if wait_s is None else wait_s

    def _cost(self, reply: Reply, most: Spent) -> Spent:
        """Return what a reply cost, where that is told; else the most that it can have cost."""
        if reply.tokens_in is None or reply.tokens_out is None:
            return most
        return self._limits.price.of(reply.tokens_in, reply.tokens_out)

"""What a list needs of others is asked at once: none waits for the answer to another."""

from collections.abc import Collection, Sequence
from pathlib import Path

import anyio
import pytest
from numpy.random import default_rng

from shopkeeper.app.assemble import services_of
from shopkeeper.app.erasing import erasing_of, packing_of
from shopkeeper.app.settings import Settings
from shopkeeper.app.threads import off_loop
from shopkeeper.data.consent import Standing
from shopkeeper.data.events import EventType
from shopkeeper.data.trail import Trail
from shopkeeper.ranking.rules import Rule
from shopkeeper.services.events.service import EventsService
from shopkeeper.services.people.service import PeopleService
from shopkeeper.services.predictions.contract import Checked, CheckRequest
from shopkeeper.services.predictions.service import PredictionsService
from shopkeeper.services.recommendations.contract import RecommendRequest
from shopkeeper.services.recommendations.service import RecommendationsService
from tests.contracts.conftest import clock, fitted_shop

pytestmark = pytest.mark.anyio


class Questions:
    """Holds back every answer until so many were asked."""

    def __init__(self, n: int) -> None:
        self.asked, self._n, self._all = list[str](), n, anyio.Event()

    async def ask(self, about: str) -> None:
        self.asked.append(about)
        if len(self.asked) == self._n:
            self._all.set()
        await self._all.wait()


async def test_a_personal_list_asks_four_questions_and_all_of_them_at_once(tmp_path: Path) -> None:
    shop, questions = fitted_shop(tmp_path), Questions(4)
    shop.rules.put("loyal", Rule(action="boost", filter="price > 1", segments=["loyal"]))

    class Events(EventsService):
        async def trail(
            self, shopper_id: str, *, limit: int = 50, types: Collection[EventType] = tuple(EventType)
        ) -> Trail:
            await questions.ask("shown" if list(types) == [EventType.IMPRESSION] else "did")
            return await super().trail(shopper_id, limit=limit, types=types)

    class People(PeopleService):
        async def standings(self, people: Sequence[Sequence[str]]) -> list[Standing]:
            await questions.ask("allows")
            return await super().standings(people)

    class Predictions(PredictionsService):
        async def segments_of(self, request: CheckRequest) -> Checked:
            await questions.ask("is in")
            return await super().segments_of(request)

    settings = Settings()
    local = services_of(shop, settings, clock=clock)
    catalog = local.catalog
    people = People(
        shop.people, shop.privacy, erasing_of(shop, settings, clock), packing_of(settings), clock, off_loop, off_loop
    )
    events = Events(shop.events, shop.merges, catalog, people, shop.quarantine, clock, off_loop, off_loop)
    service = RecommendationsService(
        events,
        catalog,
        Predictions(
            local.events, catalog, local.people, shop.predictions, shop.outlooks, shop.segments, clock, off_loop
        ),
        people,
        shop.models,
        "user_knn",
        clock,
        off_loop,
        shop.scenarios,
        shop.rules,
        shop.explorations,
        default_rng(0),
    )
    with anyio.fail_after(60):  # else a question that waits for another would wait for ever
        answer = await service.recommend(RecommendRequest(user_id="u1"))
    assert (sorted(questions.asked), len(answer.items)) == (["allows", "did", "is in", "shown"], 10)

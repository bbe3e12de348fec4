"""The people service over HTTP."""

from collections.abc import Sequence
from urllib.parse import quote

from httpx import AsyncClient
from pydantic import BaseModel

from shopkeeper.data.consent import Standing
from shopkeeper.kit.clock import Clock, utc_now
from shopkeeper.services.people.asking import RightsClient
from shopkeeper.services.people.contract import (
    ConsentRequest,
    ConsentTold,
    JoinRequest,
    LessRequest,
    PauseRequest,
    PreferencesModel,
    PrivacyTold,
    StandingsTold,
    SwitchRequest,
)
from shopkeeper.web.errors import answer_of, checked
from shopkeeper.web.remote import REPEATABLE


class PeopleClient(RightsClient):
    """The same as `PeopleService`, on another machine."""

    def __init__(self, http: AsyncClient, clock: Clock = utc_now) -> None:
        """Use a client whose base_url is that of the service."""
        super().__init__(http)
        self._clock = clock

    async def standings(self, people: Sequence[Sequence[str]]) -> list[Standing]:
        """Return what may be done for some people, each of whom can have several names."""
        body = {"people": [list(names) for names in people]}
        answer = await self._http.post("/v1/people/standings", json=body, extensions=dict(REPEATABLE))
        told = answer_of(answer, StandingsTold)
        return [Standing(frozenset(one.allowed), one.level, one.preferences.data()) for one in told.standings]

    async def privacy(self) -> PrivacyTold:
        """Return what the shop asks its customers."""
        return answer_of(await self._http.get("/v1/privacy"), PrivacyTold)

    async def consent(self, shopper_id: str) -> ConsentTold:
        """Return what a person allows, and all that was said about it."""
        return answer_of(await self._http.get(_of(shopper_id, "consent")), ConsentTold)

    async def add_consent(self, shopper_id: str, request: ConsentRequest) -> ConsentTold:
        """Add an answer of a person, and return what that person now allows."""
        # An answer without an id is what it says: with its time fixed here, a second try is the same answer.
        timed = request if request.at else request.model_copy(update={"at": self._clock()})
        body = timed.model_dump(mode="json", exclude_none=True)
        answer = await self._http.post(_of(shopper_id, "consent"), json=body, extensions=dict(REPEATABLE))
        return answer_of(answer, ConsentTold)

    async def join(self, user_id: str, request: JoinRequest) -> None:
        """Have a user stand by what they said as a visitor, before they signed in; again is harmless."""
        body = request.model_dump(mode="json")
        checked(await self._http.post(_of(user_id, "join"), json=body, extensions=dict(REPEATABLE)))

    async def preferences(self, shopper_id: str) -> PreferencesModel:
        """Return how a person wants lists to be."""
        return answer_of(await self._http.get(_of(shopper_id, "preferences")), PreferencesModel)

    async def put_preferences(self, shopper_id: str, preferences: PreferencesModel) -> PreferencesModel:
        """Replace how a person wants lists to be; it counts from the next list on."""
        body = preferences.model_dump(mode="json")
        return answer_of(await self._http.put(_of(shopper_id, "preferences"), json=body), PreferencesModel)

    async def pause(self, shopper_id: str, request: PauseRequest) -> PreferencesModel:
        """Make lists not about the person for some days."""
        return await self._change(shopper_id, "pause", request)

    async def switch(self, shopper_id: str, request: SwitchRequest) -> PreferencesModel:
        """Switch lists about the person on or off."""
        return await self._change(shopper_id, "switch", request)

    async def reset(self, shopper_id: str) -> PreferencesModel:
        """Have lists made as for somebody new: neither what was done nor what was preferred counts any longer."""
        return await self._change(shopper_id, "reset", None)

    async def less_like(self, shopper_id: str, request: LessRequest) -> PreferencesModel:
        """Put what is like a product, or in a category, behind all else."""
        return await self._change(shopper_id, "less-like-this", request)

    async def leave_segment(self, shopper_id: str, segment: str) -> PreferencesModel:
        """Take a person out of a segment."""
        path = _of(shopper_id, f"segments/{quote(segment, safe='')}")
        return answer_of(await self._http.delete(path), PreferencesModel)

    async def _change(self, shopper_id: str, what: str, request: BaseModel | None) -> PreferencesModel:
        body = None if request is None else request.model_dump(mode="json", exclude_none=True)
        answer = await self._http.post(_of(shopper_id, what), json=body, extensions=dict(REPEATABLE))
        return answer_of(answer, PreferencesModel)


def _of(shopper_id: str, what: str) -> str:
    return f"/v1/people/{quote(shopper_id, safe='')}/{what}"

"""Keep what people say, and tell what follows from it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from shopkeeper.data.consent import Consent, Preferences, Purpose, Said, Standing
from shopkeeper.kit.clock import Clock
from shopkeeper.kit.errors import InvalidInput, UnknownName
from shopkeeper.ports import OffLoop
from shopkeeper.ports.people import PeopleStore, PrivacyTerms
from shopkeeper.services.people.contract import (
    ConsentOut,
    ConsentRequest,
    ConsentTold,
    JoinRequest,
    LessRequest,
    PauseRequest,
    PreferencesModel,
    PrivacyTold,
    SwitchRequest,
)
from shopkeeper.services.people.erasing import Erasing
from shopkeeper.services.people.exercising import RightsService
from shopkeeper.services.people.packing import Packing

_TOLERANCE = timedelta(days=1)
"""How far ahead a clock may run, as for events."""
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)


class PeopleService(RightsService):
    """The people service over a store; what is said counts from the next question on."""

    def __init__(
        self,
        store: PeopleStore,
        terms: PrivacyTerms,
        erasing: Erasing,
        packing: Packing,
        clock: Clock,
        off_loop: OffLoop,
        together: OffLoop,
    ) -> None:
        """Keep what is said; standings are read `together` with what else is short."""
        super().__init__(erasing, packing, off_loop)
        self._store, self._terms, self._clock, self._together = store, terms, clock, together

    async def standings(self, people: Sequence[Sequence[str]]) -> list[Standing]:
        """Return what may be done for some people, each of whom can have several names."""
        said = await self._together(lambda: self._store.said([name for names in people for name in names]))
        privacy, now = self._terms.get(), self._clock()
        known = [[said[name] for name in names if name in said] for names in people]
        silent = privacy.standing([], now)  # as nearly everybody is
        return [privacy.standing(own, now) if own else silent for own in known]

    async def privacy(self) -> PrivacyTold:
        """Return what the shop asks its customers."""
        privacy = self._terms.get()
        return PrivacyTold(
            policies=list(privacy.policies),
            consent={purpose: privacy.consent.get(purpose, "assumed") for purpose in Purpose},
            problem=self._terms.problem(),
        )

    async def consent(self, shopper_id: str) -> ConsentTold:
        """Return what a person allows, and all that was said about it."""
        said = await self._said(shopper_id)
        allowed = self._terms.get().standing([said], self._clock()).allowed
        return ConsentTold(
            shopper_id=shopper_id,
            allowed=[purpose for purpose in Purpose if purpose in allowed],
            answers=[ConsentOut.model_validate(one, from_attributes=True) for one in said.consents],
        )

    async def add_consent(self, shopper_id: str, request: ConsentRequest) -> ConsentTold:
        """Add an answer of a person, and return what that person now allows."""
        now, policies = self._clock(), self._terms.get().policies
        policy = request.policy or (policies[-1] if policies else "")
        if request.granted and policy not in policies:
            raise InvalidInput(f"policy: {UnknownName('policy', policy, policies)}; a yes to it would count as no.")
        at = _usual(request.at or now, now)
        answers = [
            Consent(
                consent_id=_consent_id(request, name, purpose, policy, at),
                shopper_id=name,
                purpose=purpose,
                granted=request.granted,
                policy=policy,
                at=at,
                received_at=now,
                source=request.source,
                proof=request.proof,
            )
            for name in dict.fromkeys([shopper_id, *request.also])
            for purpose in dict.fromkeys(request.purposes or Purpose)
        ]
        await self._off_loop(lambda: self._store.add(answers))
        return await self.consent(shopper_id)

    async def join(self, user_id: str, request: JoinRequest) -> None:
        """Have a user stand by what they said as a visitor, before they signed in; again is harmless."""
        said, now = await self._said(request.visitor_id), self._clock()
        answers = [
            replace(one, consent_id=_digest(one.consent_id, user_id), shopper_id=user_id, received_at=now)
            for one in said.consents
        ]
        if answers:
            await self._off_loop(lambda: self._store.add(answers))
        if said.preferences != Preferences():
            await self._change(user_id, lambda known: known.joined(said.preferences))

    async def preferences(self, shopper_id: str) -> PreferencesModel:
        """Return how a person wants lists to be."""
        return PreferencesModel.of((await self._said(shopper_id)).preferences)

    async def put_preferences(self, shopper_id: str, preferences: PreferencesModel) -> PreferencesModel:
        """Replace how a person wants lists to be; what was once reset stays so."""
        new = preferences.data()
        return await self._change(shopper_id, lambda known: replace(new, reset_at=new.joined(known).reset_at))

    async def pause(self, shopper_id: str, request: PauseRequest) -> PreferencesModel:
        """Make lists not about the person for some days."""
        until = self._clock() + timedelta(days=request.days) if request.days else None
        return await self._change(shopper_id, lambda known: replace(known, paused_until=until))

    async def switch(self, shopper_id: str, request: SwitchRequest) -> PreferencesModel:
        """Switch lists about the person on or off."""
        return await self._change(shopper_id, lambda known: replace(known, is_on=request.is_on))

    async def reset(self, shopper_id: str) -> PreferencesModel:
        """Have lists made as for somebody new."""
        now = self._clock()
        return await self._change(shopper_id, lambda known: known.reset(now))

    async def less_like(self, shopper_id: str, request: LessRequest) -> PreferencesModel:
        """Put what is like a product, or in a category, behind all else."""
        return await self._change(shopper_id, lambda known: known.less_like(request.item_id, request.category))

    async def leave_segment(self, shopper_id: str, segment: str) -> PreferencesModel:
        """Take a person out of a segment."""
        return await self._change(shopper_id, lambda known: known.leaving(segment))

    async def _change(self, shopper_id: str, change: Callable[[Preferences], Preferences]) -> PreferencesModel:
        return PreferencesModel.of(await self._off_loop(lambda: self._store.change(shopper_id, change)))

    async def _said(self, shopper_id: str) -> Said:
        return (await self._off_loop(lambda: self._store.said([shopper_id]))).get(shopper_id, Said())


def _usual(at: datetime, now: datetime) -> datetime:
    """Return a time at which somebody can have said something."""
    if at > now + _TOLERANCE or at < _EARLIEST:
        raise InvalidInput(f"at is {at.isoformat()}, {'in the future' if at > now else 'before 1970'}.")
    return min(at, now)


def _consent_id(request: ConsentRequest, shopper_id: str, purpose: Purpose, policy: str, at: datetime) -> str:
    """Return the id of one answer, the same where a request is sent again."""
    own = request.consent_id or f"{request.granted}\x1f{policy}\x1f{at.isoformat()}\x1f{request.source}"
    return _digest(own, shopper_id, purpose)


def _digest(*parts: str) -> str:
    return sha256("\x1f".join(parts).encode()).hexdigest()

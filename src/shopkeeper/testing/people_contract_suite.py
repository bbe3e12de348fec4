"""What the people service must do, whether it is called in this process or over HTTP.

Subclass with a pytest fixture `people` for an empty shop whose clock stands at `NOW`, and whose text has the versions
`2023` and `2024`; of everything but analysis, consent is assumed.
"""

from datetime import timedelta

import pytest

from shopkeeper.data.consent import Preferences, Purpose
from shopkeeper.kit.errors import InvalidInput, NotFound
from shopkeeper.services.people.contract import (
    ConsentRequest,
    LessRequest,
    PauseRequest,
    People,
    PreferencesModel,
    SwitchRequest,
)
from shopkeeper.testing.contract_suite import NOW

WHO = "a/b é"
ASSUMED = [Purpose.PERSONAL, Purpose.PREDICTION, Purpose.COUPONS]


def no(**said: object) -> ConsentRequest:
    """Return a no."""
    return ConsentRequest.model_validate({"granted": False} | said)


def yes(**said: object) -> ConsentRequest:
    """Return a yes."""
    return ConsentRequest.model_validate({"granted": True} | said)


class PeopleSuite:
    """For implementations of `People`."""

    async def test_what_the_shop_asks_is_told(self, people: People) -> None:
        """Of each purpose."""
        told = await people.privacy()
        assert (told.policies, told.problem) == (["2023", "2024"], None)
        assert told.consent == dict.fromkeys(ASSUMED, "assumed") | {Purpose.ANALYSIS: "required"}

    async def test_whoever_said_nothing_stands_as_the_shop_assumes(self, people: People) -> None:
        """And prefers nothing."""
        told = await people.consent(WHO)
        assert (told.shopper_id, told.allowed, told.answers) == (WHO, ASSUMED, [])
        assert await people.preferences(WHO) == PreferencesModel()

    async def test_an_answer_counts_at_once_and_is_kept_with_its_proof(self, people: People) -> None:
        """Newest wins; all that was said stays."""
        first = await people.add_consent(WHO, no(source="letter", proof="file 7", at=NOW - timedelta(days=1)))
        assert (first.allowed, len(first.answers)) == ([], len(Purpose))
        said = await people.add_consent(WHO, yes(purposes=["coupons", "analysis"], policy="2023"))
        assert (said.allowed, said) == ([Purpose.COUPONS, Purpose.ANALYSIS], await people.consent(WHO))
        told = [(one.purpose.value, one.granted, one.policy, one.source, one.proof, one.at) for one in said.answers]
        assert told[0] == ("personal", False, "2024", "letter", "file 7", NOW - timedelta(days=1))
        assert told[-2:] == [(name, True, "2023", "api", "", NOW) for name in ("coupons", "analysis")]

    async def test_answers_out_of_order_end_with_the_stricter(self, people: People) -> None:
        """A yes that was given before a no never comes after it; a no that comes late counts."""
        hour = timedelta(hours=1)
        await people.add_consent("late yes", no())
        await people.add_consent("late yes", yes(at=NOW - hour))
        await people.add_consent("late no", yes())
        await people.add_consent("late no", no(at=NOW - hour))
        await people.add_consent("at once", no(at=NOW - hour))
        await people.add_consent("at once", yes(at=NOW - hour))
        for name in ("late yes", "late no", "at once"):
            assert (await people.consent(name)).allowed == [], name

    async def test_the_same_again_is_said_once(self, people: People) -> None:
        """By its id, or by what it says."""
        for request in (no(), no(), yes(consent_id="1"), yes(consent_id="1")):
            told = await people.add_consent(WHO, request)
        assert len(told.answers) == 2 * len(Purpose)

    async def test_a_yes_to_a_text_that_is_not_there_is_refused_and_a_no_is_not(self, people: People) -> None:
        """Nothing is stored of the yes."""
        with pytest.raises((InvalidInput, NotFound), match="no policy '2025'; did you mean 2024"):
            await people.add_consent(WHO, yes(policy="2025"))
        assert (await people.consent(WHO)).answers == []
        assert (await people.add_consent(WHO, no(policy="2025"))).allowed == []

    async def test_no_time_at_which_nobody_can_have_said_anything(self, people: People) -> None:
        """Clocks differ by a day at most, and what is ahead is now."""
        for days, why in ((2, "in the future"), (-30_000, "before 1970")):
            with pytest.raises(InvalidInput, match=why):
                await people.add_consent(WHO, no(at=NOW + timedelta(days=days)))
        told = await people.add_consent(WHO, yes(at=NOW + timedelta(hours=20)))
        assert {one.at for one in told.answers} == {NOW}

    async def test_an_answer_is_that_of_all_names(self, people: People) -> None:
        """A browser that says no says it for the customer who is signed in there."""
        await people.add_consent("web", no(also=["user"]))
        assert (await people.consent("user")).allowed == []

    async def test_preferences_are_replaced_as_a_whole(self, people: People) -> None:
        """Each thing once."""
        wish = PreferencesModel(level=0.5, is_on=False, less_items=["a", "a"], less_categories=["Home"], novelty=0.25)
        put = await people.put_preferences(WHO, wish)
        assert put == await people.preferences(WHO) == wish.model_copy(update={"less_items": ["a"]})
        assert await people.put_preferences(WHO, PreferencesModel()) == PreferencesModel()

    async def test_each_control_changes_its_own(self, people: People) -> None:
        """And a reset all but what holds lists back; it is never taken back."""
        await people.less_like(WHO, LessRequest(item_id="a"))
        await people.less_like(WHO, LessRequest(category="Home > Mugs"))
        await people.switch(WHO, SwitchRequest(is_on=False))
        paused = await people.pause(WHO, PauseRequest())
        until = NOW + timedelta(days=30)
        assert paused == PreferencesModel(
            is_on=False, paused_until=until, less_items=["a"], less_categories=["Home > Mugs"]
        )
        after = PreferencesModel(is_on=False, paused_until=until, reset_at=NOW)
        assert await people.reset(WHO) == after
        assert (await people.put_preferences(WHO, PreferencesModel())).reset_at == NOW
        await people.pause(WHO, PauseRequest(days=3))
        assert (await people.pause(WHO, PauseRequest(days=0))).paused_until is None

    async def test_a_segment_is_left_until_somebody_says_otherwise(self, people: People) -> None:
        """A reset is no such word."""
        await people.leave_segment(WHO, "lost")
        assert (await people.leave_segment(WHO, "lost")).not_in == ["lost"]
        assert (await people.reset(WHO)).not_in == ["lost"]
        assert (await people.put_preferences(WHO, PreferencesModel())).not_in == []

    async def test_of_many_all_is_told_at_once(self, people: People) -> None:
        """In their order; of somebody with two names, what both allow."""
        await people.add_consent("web", no(purposes=["personal"]))
        await people.less_like("user", LessRequest(item_id="a"))
        await people.reset("user")
        await people.less_like("user", LessRequest(item_id="b"))
        one, both, nobody = await people.standings([["user"], ["user", "web"], []])
        wishes = Preferences(reset_at=NOW, less_items=("b",))
        assert (one.preferences, both.preferences, nobody.preferences) == (wishes, wishes, Preferences())
        assert (one.allowed, nobody.allowed) == (frozenset(ASSUMED), frozenset(ASSUMED))
        assert both.allowed == {Purpose.PREDICTION, Purpose.COUPONS}

"""What every store of people must do.

Subclass with a pytest fixture `store` that returns an empty store.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from shopkeeper.data.consent import Consent, Preferences, Purpose, Said
from shopkeeper.ports.people import PeopleStore

NOW = datetime(2024, 5, 1, 12, tzinfo=UTC)


def consent(consent_id: str = "1", shopper_id: str = "u", *, granted: bool = True, minutes: int = 0) -> Consent:
    """Return an answer about personal lists some minutes after noon."""
    return Consent(
        consent_id=consent_id,
        shopper_id=shopper_id,
        purpose=Purpose.PERSONAL,
        granted=granted,
        policy="1",
        at=NOW + timedelta(minutes=minutes),
        received_at=NOW,
        source="banner",
    )


class PeopleStoreSuite:
    """For implementations of `PeopleStore`."""

    def test_gives_back_what_it_was_given(self, store: PeopleStore) -> None:
        """Every field survives, to the microsecond and the last letter."""
        at = NOW.replace(microsecond=123_457)
        full = replace(consent("é", "访客", granted=False), purpose=Purpose.ANALYSIS, at=at, received_at=at)
        full = replace(full, policy="2024-β", source="письмо", proof="https://shop.example/7?a=b&c")
        wishes = Preferences(
            level=0.5,
            is_on=False,
            paused_until=at,
            reset_at=NOW,
            less_items=("a", "é"),
            less_categories=("Home > Mugs",),
            novelty=0.25,
        )
        assert store.add([full]) == [True]
        assert store.change("访客", lambda _: wishes) == wishes
        assert store.said(["访客"]) == store.everybody() == {"访客": Said([full], wishes)}

    def test_the_same_twice_is_said_once(self, store: PeopleStore) -> None:
        """The first stays, whoever else is asked about."""
        assert store.add([consent("1"), consent("1", granted=False), consent("2")]) == [True, False, True]
        assert store.add([consent("2", "other")]) == [False]
        assert store.said(["u", "other"]) == {"u": Said([consent("1"), consent("2")])}

    def test_each_answer_is_counted(self, store: PeopleStore) -> None:
        """So that who asks again and again sees that there is something new."""
        numbers = [store.newest()]
        for one in (consent("1"), consent("1"), consent("2")):
            store.add([one])
            numbers.append(store.newest())
        assert numbers[0] < numbers[1] == numbers[2] < numbers[3]

    def test_answers_are_told_in_the_order_in_which_they_came(self, store: PeopleStore) -> None:
        """Whenever they were given."""
        told = [consent(str(n), minutes=-n) for n in range(12)]
        for one in told:
            store.add([one])
        assert store.said(["u"])["u"].consents == told

    def test_many_are_asked_about_as_well_as_one(self, store: PeopleStore) -> None:
        """Who said nothing is left out."""
        people = [f"p{n}" for n in range(1200)]
        store.add([consent(name, name) for name in people[::2]])
        store.change("p1", lambda known: replace(known, level=0.5))
        assert store.said([]) == store.said(["nobody"]) == {}
        assert store.said([*people, "nobody", "p0"]).keys() == {*people[::2], "p1"}
        assert store.said(["p0", "p1", "p3"]) == {
            "p0": Said([consent("p0", "p0")]),
            "p1": Said([], Preferences(level=0.5)),
        }

    def test_who_changes_preferences_is_alone(self, store: PeopleStore) -> None:
        """Nothing of what others change at the same time is lost."""
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda n: store.change("u", lambda known: known.less_like(str(n), None)), range(40)))
        assert sorted(store.said(["u"])["u"].preferences.less_items, key=int) == [str(n) for n in range(40)]

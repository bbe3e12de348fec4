"""What follows from what a person said: in doubt, no."""

from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest

from shopkeeper.data.consent import MOST_LESS, STRICTEST, Preferences, Privacy, Purpose, Said
from shopkeeper.testing.people_suite import NOW, consent

SHOP = Privacy(policies=("1", "2"))
ASKING = Privacy(consent={Purpose.PERSONAL: "required"})


def is_allowed(*said: Said, shop: Privacy = SHOP) -> bool:
    return Purpose.PERSONAL in shop.standing(said, NOW).allowed


def yes(minutes: int, policy: str = "1") -> Said:
    return Said([replace(consent(minutes=minutes), policy=policy)])


def test_whoever_was_not_asked_stands_as_the_shop_says() -> None:
    assert (is_allowed(), is_allowed(shop=ASKING), is_allowed(shop=STRICTEST)) == (True, False, False)
    assert (is_allowed(yes(0), shop=ASKING), is_allowed(yes(0), shop=STRICTEST)) == (True, False)
    assert ASKING.standing([], NOW).allowed == set(Purpose) - {Purpose.PERSONAL}


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ([(True, 0), (False, 1)], False),
        ([(False, 0), (True, 1)], True),
        # At the same moment.
        ([(True, 0), (False, 0)], False),
        ([(False, 0), (True, 0)], False),
        # Out of order, or the clock went back: which was last is in doubt.
        ([(True, 1), (False, 0)], False),
        ([(False, 1), (True, 0)], False),
        ([(False, 1), (True, 0), (True, 2)], True),
        ([(False, 0), (True, 1), (False, -5)], False),
        ([(False, 0), (True, 1), (True, -5)], True),
    ],
)
def test_a_yes_counts_when_it_came_after_each_no_and_was_said_after_it(
    said: list[tuple[bool, int]], expected: bool
) -> None:
    told = [consent(str(n), granted=granted, minutes=minutes) for n, (granted, minutes) in enumerate(said)]
    assert is_allowed(Said(told)) is expected


def test_in_whatever_order_answers_come_none_makes_a_newer_no_a_yes() -> None:
    """Said in this order: yes, no, yes, no."""
    said = [consent(str(n), granted=n % 2 == 0, minutes=n) for n in range(4)]
    assert not any(is_allowed(Said(order)) for order in permutations(said))


def test_a_yes_to_a_text_that_does_not_exist_is_a_no() -> None:
    assert [is_allowed(yes(0, policy)) for policy in ("1", "2", "3")] == [True, True, False]
    no = replace(consent("2", granted=False, minutes=1), policy="nonsense")
    assert not is_allowed(Said([consent(), no]))
    assert not is_allowed(Said([consent(granted=False), replace(consent("2", minutes=1), policy="3")]))


def test_of_one_person_under_two_names_no_name_may_have_refused() -> None:
    no = Said([consent("2", "v", granted=False, minutes=-9)])
    assert [is_allowed(yes(0), Said()), is_allowed(yes(0), no), is_allowed(no, yes(0))] == [True, False, False]


def test_one_purpose_says_nothing_of_another() -> None:
    refused = Privacy().standing([Said([consent(granted=False)])], NOW)
    assert refused.allowed == {Purpose.PREDICTION, Purpose.COUPONS, Purpose.ANALYSIS}


def test_the_level_of_a_list_is_what_the_person_allows_now() -> None:
    def level(*said: Said, shop: Privacy = SHOP, hours: int = 0) -> float:
        return shop.standing(said, NOW + timedelta(hours=hours)).level

    half = Said([], Preferences(level=0.5, paused_until=NOW))
    assert [level(half, hours=-1), level(half), level()] == [0, 0.5, 1]
    assert level(Said([], Preferences(is_on=False))) == level(half, shop=ASKING) == 0
    assert level(Said([consent()], half.preferences), shop=ASKING) == 0.5


def test_of_two_names_what_keeps_more_back_holds() -> None:
    one = Preferences(level=0.5, is_on=False, reset_at=NOW, less_items=("a", "b"), novelty=0.1)
    other = Preferences(level=0.7, paused_until=NOW, less_items=("b", "c"), novelty=0.2)
    joined = Preferences(
        level=0.5, is_on=False, reset_at=NOW, paused_until=NOW, less_items=("a", "b", "c"), novelty=0.2
    )
    assert one.joined(other) == joined
    assert one.joined(Preferences()) == one


def test_a_reset_forgets_all_but_what_holds_back() -> None:
    known = Preferences(level=0.5, is_on=False, paused_until=NOW, less_items=("a",), novelty=0.1)
    assert known.reset(NOW) == Preferences(is_on=False, paused_until=NOW, reset_at=NOW)
    assert known.reset(NOW).reset(NOW - timedelta(hours=1)).reset_at == NOW


def test_of_what_a_person_wants_less_of_the_newest_is_kept() -> None:
    known = Preferences()
    for n in [*range(MOST_LESS + 2), MOST_LESS]:
        known = known.less_like(str(n), "Home")
    assert (len(known.less_items), known.less_items[0], known.less_items[-1]) == (MOST_LESS, "2", str(MOST_LESS))
    assert known.less_categories == ("Home",)

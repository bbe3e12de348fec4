"""The drawn arms stay as they are, are as large as they should be, and say how likely each decision was."""

from collections import Counter

import pytest

from shopkeeper.coupons.assignment import NEVER, Lottery
from shopkeeper.kit.errors import InvalidInput

OFFERS = ["ten", "twenty", "ship"]
PEOPLE = [f"p{number}" for number in range(40_000)]


def lottery(campaign: str = "spring", explore: float = 0.08) -> Lottery:
    return Lottery(b"k" * 32, campaign, explore)


def test_arms_have_their_shares() -> None:
    counts = Counter(lottery().arm_of(person) for person in PEOPLE)
    for part, share in (("never", NEVER), ("explore", 0.08), ("policy", 0.87)):
        assert counts[part] / len(PEOPLE) == pytest.approx(share, abs=4 * (share / len(PEOPLE)) ** 0.5)  # type: ignore[index]  # one of the parts


def test_a_person_stays_where_drawn_and_is_drawn_anew_for_another_campaign_or_key() -> None:
    arms = [lottery().arm_of(person) for person in PEOPLE[:2000]]
    assert arms == [lottery().arm_of(person) for person in PEOPLE[:2000]]
    for other in (lottery("autumn"), Lottery(b"l" * 32, "spring")):
        again = [other.arm_of(person) for person in PEOPLE[:2000]]
        both = sum(a != "policy" and b != "policy" for a, b in zip(arms, again, strict=True))
        assert 5 < both < 80  # 34 by chance, if one says nothing of the other


def test_more_to_explore_moves_nobody_out_of_a_drawn_arm() -> None:
    for person in PEOPLE[:3000]:
        before, after = lottery(explore=0.05).arm_of(person), lottery(explore=0.1).arm_of(person)
        assert after == before or (before, after) == ("policy", "explore")


def test_each_allowed_offer_and_none_is_explored_as_often() -> None:
    counts = Counter(lottery().explored(person, OFFERS) for person in PEOPLE)
    assert set(counts) == {None, *OFFERS}
    assert min(counts.values()) > 0.97 * len(PEOPLE) / 4
    assert max(counts.values()) < 1.03 * len(PEOPLE) / 4


def test_an_offer_taken_away_moves_only_who_had_it() -> None:
    for person in PEOPLE[:2000]:
        before, after = lottery().explored(person, OFFERS), lottery().explored(person, ["ten", "ship"])
        assert before in (after, "twenty")


def test_the_logged_probability_is_how_often_it_happens() -> None:
    got = Counter(lottery().assign(person, OFFERS, "ten").offer for person in PEOPLE)
    told = {(a := lottery().assign(person, OFFERS, "ten")).offer: a.probability for person in PEOPLE[:3000]}
    assert set(told) == {None, *OFFERS}
    assert sum(told.values()) == pytest.approx(1)
    for offer, probability in told.items():
        assert got[offer] / len(PEOPLE) == pytest.approx(probability, abs=4 * (probability / len(PEOPLE)) ** 0.5)


def test_within_the_drawn_arms_chances_are_told_apart() -> None:
    decisions = [lottery().assign(person, OFFERS, "ten") for person in PEOPLE]
    drawn = [decision for decision in decisions if decision.randomised is not None]
    assert {decision.arm for decision in drawn} == {"never", "explore"}
    none = [decision for decision in drawn if decision.offer is None]
    assert len(none) / len(drawn) == pytest.approx(none[0].randomised, abs=0.03)
    assert none[0].randomised == pytest.approx((0.02 + 0.05) / 0.13)
    assert all(decision.offer == "ten" for decision in decisions if decision.randomised is None)


def test_who_is_never_to_get_one_gets_none_and_none_allowed_is_none() -> None:
    never = next(person for person in PEOPLE if lottery().arm_of(person) == "never")
    assert lottery().assign(never, OFFERS, "ten").offer is None
    assert {lottery().assign(person, [], None).offer for person in PEOPLE[:200]} == {None}
    assert lottery().assign(never, [], None).probability == pytest.approx(1)


@pytest.mark.parametrize(
    ("allowed", "chosen", "why"), [(["a"], "b", "not allowed"), (["a", "a"], "a", "twice"), ([""], None, "a name each")]
)
def test_what_cannot_be_drawn_from_is_refused(allowed: list[str], chosen: str, why: str) -> None:
    with pytest.raises(InvalidInput, match=why):
        lottery().assign("p", allowed, chosen)


def test_a_short_key_and_a_share_too_small_or_large_are_refused() -> None:
    with pytest.raises(InvalidInput, match="16"):
        Lottery(b"short", "spring")
    for share in (0.0, 0.04, 0.11):
        with pytest.raises(InvalidInput, match=r"\.05 to \.10"):
            lottery(explore=share)

"""Learners find whom an offer moves, the gate refuses what chance gives, and what was learned can be kept."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from shopkeeper.coupons.choosing import LEARNERS, best, crossed, halves
from shopkeeper.coupons.dr_learner import pseudo_effects
from shopkeeper.coupons.gate import Fold, gate, verdict
from shopkeeper.coupons.linear import Hurdle, Scaling
from shopkeeper.coupons.qini import Interval, Trial, qini
from shopkeeper.coupons.t_learner import TLearner
from shopkeeper.coupons.uplift import OfferUplift, Seen, Uplift
from shopkeeper.kit.errors import InvalidInput, TooLittle

Floats = NDArray[np.float64]


def bought(n: int = 6000, moved: float = 0.3, seed: int = 0) -> tuple[Floats, Trial, Floats]:
    """Return people of whom those with a first feature above 0 buy more with an offer, and the effect on each."""
    rng = np.random.default_rng(seed)
    x, treated = rng.standard_normal((n, 3)), rng.random(n) < 0.5
    x[:, 0] = np.sign(x[:, 0])
    effect = np.where(x[:, 0] > 0, moved, 0.0)
    base = 0.3 + 0.2 * (x[:, 1] > 0)
    return x, Trial.of(treated, rng.random(n) < base + effect * treated, np.full(n, 0.5)), effect


def seen(n: int = 12_000, seed: int = 0) -> Seen:
    """Return people with two offers, the second moving those that the first feature names, a third that few got."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, 2))
    chance = np.tile([0.32, 0.32, 0.01, 0.35], (n, 1))
    offer = rng.choice(4, n, p=chance[0]).astype(np.int32)
    offer[offer == 3] = -1
    buys = rng.random(n) < 0.3 + 0.4 * (offer == 1) * (x[:, 0] > 0)
    return Seen(["spent", "visits"], x, offer, chance, 1000.0 * buys, 100.0 * buys * (offer >= 0))


@pytest.mark.parametrize("name", LEARNERS)
def test_a_learner_finds_who_is_moved_and_by_how_much(name: str) -> None:
    x, trial, _ = bought()
    fresh, _, effect = bought(seed=1)
    found = LEARNERS[name].fit(x, trial, 0).effect(fresh)
    moved = effect > 0
    assert found[moved].mean() == pytest.approx(0.3, abs=0.08)
    assert found[~moved].mean() == pytest.approx(0.0, abs=0.08)
    assert np.corrcoef(found, effect)[0, 1] > 0.7


@pytest.mark.parametrize("name", LEARNERS)
def test_what_a_learner_learned_can_be_kept_and_is_the_same_from_the_same_seed(name: str) -> None:
    x, trial, _ = bought(2000)
    learner = LEARNERS[name].fit(x, trial, 3)
    state = learner.state()
    np.testing.assert_array_equal(LEARNERS[name].from_state(state).effect(x), learner.effect(x))
    again = LEARNERS[name].fit(x, trial, 3).state()
    assert all(np.array_equal(state[key], again[key]) for key in state)
    one_by_one = [learner.effect(x[i : i + 1])[0] for i in range(50)]
    np.testing.assert_array_equal(one_by_one, learner.effect(x)[:50])


def test_trees_that_cannot_be_read_are_refused() -> None:
    with pytest.raises(InvalidInput):
        LEARNERS["dr"].from_state({"effects_utf8": np.frombuffer(b"no trees", np.uint8)})


def test_a_hurdle_tells_amounts_and_what_is_not_known_is_the_mean() -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((20_000, 2))
    comes = rng.random(20_000) < 1 / (1 + np.exp(-np.arcsinh(x[:, 0])))
    outcome = comes * (50 + 10 * np.arcsinh(x[:, 1]) + rng.standard_normal(20_000))
    scaling = Scaling.of(x)
    hurdle = Hurdle.fit(scaling.scaled(x), outcome, np.ones(20_000), np.array([0.0, 1, 1]))
    told = hurdle.mean(scaling.scaled(np.array([[0.0, 0], [2, 0], [0, 3], [np.nan, 0]])))
    expected = [
        1 / (1 + np.exp(-np.arcsinh(a))) * (50 + 10 * np.arcsinh(b)) for a, b in ((0, 0), (2, 0), (0, 3), (0, 0))
    ]
    assert told == pytest.approx(expected, rel=0.03)


def test_pseudo_effects_have_the_mean_of_the_effect_even_when_the_guess_is_wrong() -> None:
    x, trial, effect = bought(40_000)
    wrong = TLearner.fit(x[:500], Trial.of(trial.treated[:500], np.arange(500) % 2 == 0), 0)
    told = pseudo_effects(wrong, x, trial)
    for part in (effect > 0, effect == 0):
        assert told[part].mean() == pytest.approx(effect[part].mean(), abs=0.03)


def test_halves_are_alike_and_each_person_is_in_one() -> None:
    _, trial, _ = bought(1001)
    parts = halves(trial, 0)
    assert len(parts) == 6
    for first, second in zip(parts[::2], parts[1::2], strict=True):
        assert (first ^ second).all()
        for own in (trial.treated, ~trial.treated, trial.outcome > 0):
            assert abs(int((first & own).sum()) - int((second & own).sum())) <= 4


def test_the_gate_opens_where_people_differ() -> None:
    x, trial, _ = bought()
    found = gate(crossed(x, trial, np.zeros(6000), 0), trial, np.random.default_rng(0), 199)
    assert found.policy == "targeted"
    assert found.p == pytest.approx(2 / 200)
    assert "People differ" in found.why
    assert found.effect is not None
    assert found.effect.value == pytest.approx(0.15, abs=0.05)


@pytest.mark.parametrize(("effect", "policy", "whom"), [(0.2, "all", "all get"), (-0.2, "none", "nobody gets")])
def test_the_gate_refuses_where_the_effect_is_the_same_for_all(effect: float, policy: str, whom: str) -> None:
    rng = np.random.default_rng(5)
    x, treated = rng.standard_normal((4000, 3)), rng.random(4000) < 0.5
    trial = Trial.of(treated, rng.random(4000) < 0.4 + 0.2 * (x[:, 0] > 0) + effect * treated)
    found = gate(crossed(x, trial, np.zeros(4000), 0), trial, np.random.default_rng(0), 199)
    assert found.policy == policy
    assert whom in found.why


def test_the_gate_is_rarely_open_by_chance() -> None:
    opened = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        trial = Trial.of(rng.random(1000) < 0.5, rng.random(1000) < 0.3)
        folds = {"by chance": crossed_by_chance(trial, rng)}
        opened += gate(folds, trial, rng, 99).policy == "targeted"
    assert opened <= 4


def crossed_by_chance(trial: Trial, rng: np.random.Generator) -> list[Fold]:
    rows = [np.flatnonzero(half) for half in halves(trial, 0)]
    return [Fold(own, rng.standard_normal(len(own)), np.zeros(len(own))) for own in rows]


def test_a_verdict_says_why() -> None:
    effect = Interval(12.0, -3.0, 27.0)
    assert verdict(0.31, effect).why == (
        "It is not proven that people differ in what the offer brings (p = 0.310), so all get the offer: "
        "it brings 12 a person (-3 to 27)."
    )
    assert verdict(0.05, replace(effect, value=0.0)).policy == "none"
    assert verdict(0.049, effect).policy == "targeted"


def test_the_simplest_learner_is_taken_where_no_other_is_surely_better() -> None:
    x, trial, _ = bought()
    told = crossed(x, trial, np.zeros(6000), 0)
    same = {"s": told["dr"], "dr": told["dr"]}
    assert best(same, trial, np.zeros(6000), np.random.default_rng(0))[0] == "s"
    # With orders that are right only in the last one, simplicity does not count.
    worse = {"s": crossed_by_chance(trial, np.random.default_rng(1)), "t": told["t"]}
    name, measured = best(worse, trial, np.zeros(6000), np.random.default_rng(0))
    assert name == "t"
    assert measured["s"].high < measured["t"].low


def test_where_an_offer_costs_and_earns_the_area_under_cost_decides() -> None:
    x, trial, _ = bought()
    cost = np.where(trial.treated, 0.05, 0.0)
    _, measured = best(crossed(x, trial, cost, 0), trial, cost, np.random.default_rng(0))
    assert 0.55 < measured["s"].value < 0.9


def test_uplift_of_several_offers_is_what_was_there() -> None:
    found = Uplift.fit(["flat", "moving", "rare"], seen(), permutations=99)
    x = np.array([[2.0, 0.0], [-2.0, 0.0]])
    gain, cost = found.gains_and_costs(x)
    assert gain[0, 1] > gain[1, 1] + 100
    # The offer adds 400 to who is moved, and costs 100 of each that buys.
    assert gain[0, 1] == pytest.approx(400 - 70, abs=80)
    assert cost[0, 1] == pytest.approx(70, abs=15)
    assert gain[:, [0, 2]].tolist() == [[0, 0], [0, 0]]
    policies = [own.verdict.policy for own in found.of_offer]
    assert policies == ["none", "targeted", "none"]
    assert "Effect unknown: " in found.why()["rare"]
    assert found.of_offer[1].learner in LEARNERS


def test_uplift_can_be_kept_and_is_the_same_from_the_same_seed() -> None:
    found = Uplift.fit(["flat", "moving", "rare"], seen(), permutations=49)
    state = found.state()
    again = Uplift.from_state(state)
    assert again.why() == found.why()
    assert [own.verdict for own in again.of_offer] == [own.verdict for own in found.of_offer]
    x = seen(100, 1).x
    np.testing.assert_array_equal(again.gains_and_costs(x), found.gains_and_costs(x))
    other = Uplift.fit(["flat", "moving", "rare"], seen(), permutations=49).state()
    assert all(np.array_equal(state[key], other[key]) for key in state)


def test_only_those_who_could_have_got_an_offer_are_compared() -> None:
    told = seen(1000)
    chance = told.chance.copy()
    chance[told.offer != 0, 0] *= np.arange((told.offer != 0).sum()) % 2
    x, trial, cost = replace(told, chance=chance).of(0)
    own = ((told.offer == 0) | (told.offer == -1)) & (chance[:, 0] > 0)
    assert len(x) == len(cost) == own.sum()
    assert trial.probability == pytest.approx(np.full(own.sum(), 0.32 / 0.67))


def test_without_anybody_drawn_by_chance_the_effect_is_unknown() -> None:
    x, trial, _ = bought(100)
    found = OfferUplift.fit(x, trial, np.zeros(100))
    assert found.verdict.policy == "none"
    assert found.verdict.why.startswith("Effect unknown")
    told = seen(500)
    nobody = replace(told, offer=np.full(500, 1, np.int32))
    assert OfferUplift.fit(*nobody.of(0)).verdict.why.startswith("Effect unknown: 0 people")


def test_what_cannot_be_learned_from_is_refused() -> None:
    told = seen(100)
    with pytest.raises(InvalidInput, match="'gender' \\(sex\\)"):
        replace(told, names=["spent", "gender"])
    with pytest.raises(InvalidInput, match="Each person needs"):
        replace(told, margin=told.margin[:5])
    with pytest.raises(InvalidInput, match="no finite number"):
        replace(told, margin=np.full(100, np.nan))
    with pytest.raises(InvalidInput, match="no chance to get"):
        replace(told, chance=told.chance * [1, 0, 1, 1])
    with pytest.raises(InvalidInput, match="given for 3 offers"):
        Uplift.fit(["one"], told)
    with pytest.raises(InvalidInput, match="1 features are given"):
        Uplift.fit(["a", "b", "c"], told, permutations=9).gains_and_costs(np.zeros((1, 1)))
    with pytest.raises(TooLittle):
        qini(np.zeros(2), Trial.of(np.array([True, True]), np.zeros(2)))

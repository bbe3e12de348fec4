from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from shopkeeper import models
from shopkeeper.evaluation import Split, global_time, leave_one_out
from shopkeeper.evaluation.auto import choose
from shopkeeper.evaluation.blending import blend_of
from shopkeeper.kit.errors import InvalidInput
from shopkeeper.testing.checkerboard import dataset, random_shop


def two_kinds() -> Split:
    """Everybody's next product is one that others of their kind have; the other kind is larger, so more popular."""
    kinds = [range(20), range(20, 60), range(20, 60)]
    rng = np.random.default_rng(0)
    rows = [rng.permutation(kinds[user % 3])[:15].tolist() for user in range(120)]
    return leave_one_out(dataset(rows, 60), validation=True)


def ticking(step: timedelta) -> Callable[[], datetime]:
    now = datetime(2024, 1, 1, tzinfo=UTC)

    def clock() -> datetime:
        nonlocal now
        now += step
        return now

    return clock


def test_the_model_that_knows_speaks_louder() -> None:
    blend = blend_of({"user_knn": {}, "popularity": {}}, two_kinds(), rng=np.random.default_rng(0))
    knows = blend.members["user_knn"]
    guesses = blend.members.get("popularity")
    assert knows.rank + knows.score > 3 * (guesses.rank + guesses.score if guesses else 0)


def test_a_member_keeps_its_options() -> None:
    blend = blend_of({"user_knn": {"n_neighbors": 7}}, two_kinds(), rng=np.random.default_rng(0))
    assert blend.members["user_knn"].options == {"n_neighbors": 7}


def test_learning_on_the_test_part_is_refused() -> None:
    split = leave_one_out(random_shop())
    with pytest.raises(InvalidInput, match="validation"):
        blend_of({"popularity": {}}, split, rng=np.random.default_rng(0))
    with pytest.raises(InvalidInput, match="validation"):
        choose(["popularity"], split, budget=timedelta(1), clock=ticking(timedelta(1)), rng=np.random.default_rng(0))


def test_spends_the_budget_and_no_more() -> None:
    names = ["popularity", "item_knn", "user_knn"]
    choice = choose(
        names,
        two_kinds(),
        budget=timedelta(seconds=40),
        clock=ticking(timedelta(seconds=1)),
        rng=np.random.default_rng(0),
    )
    # Each trial looks at the clock four times; every model got its turn, and none far more than another.
    assert 9 <= sum(choice.trials.values()) <= 11
    assert max(choice.trials.values()) - min(choice.trials.values()) <= 1


def test_finds_a_model_that_is_better_than_popularity() -> None:
    choice = choose(
        ["popularity", "user_knn"],
        two_kinds(),
        budget=timedelta(seconds=20),
        clock=ticking(timedelta(seconds=1)),
        rng=np.random.default_rng(0),
    )
    assert "user_knn" in choice.best.members
    assert choice.report.figure(choice.winner, "ndcg@10").mean > choice.report.figure("popularity", "ndcg@10").mean
    assert choice.report.models[0] == "popularity"


def test_the_same_seed_chooses_the_same() -> None:
    def once() -> str:
        clock = ticking(timedelta(seconds=1))
        rng = np.random.default_rng(3)
        return choose(
            ["popularity", "item_knn"], two_kinds(), budget=timedelta(seconds=20), clock=clock, rng=rng
        ).best.model_dump_json()

    assert once() == once()


def test_time_cut_shops_can_choose_too() -> None:
    data = random_shop(n_users=200)
    split = global_time(data, validation=True)
    choice = choose(
        models.names()[:3],
        split,
        budget=timedelta(seconds=5),
        clock=ticking(timedelta(seconds=1)),
        rng=np.random.default_rng(0),
    )
    assert choice.report.n_users > 0

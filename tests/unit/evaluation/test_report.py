import csv
import json
from xml.etree import ElementTree

import numpy as np
import pytest

from shopkeeper import models
from shopkeeper.evaluation import Report, evaluate, leave_one_out, tune
from shopkeeper.evaluation.intervals import bootstrap
from shopkeeper.kit.errors import InvalidInput
from shopkeeper.testing.checkerboard import checkerboard, dataset, random_shop


@pytest.fixture(scope="module")
def report() -> Report:
    # Everybody's newest product is the one that all others of their kind have.
    rows = [[i for i in range(user % 2, 40, 2) if i != user] + [user] for user in range(40)]
    return evaluate({"knn": models.create("user_knn")}, leave_one_out(dataset(rows, 40)), k=(1, 5))


def test_finds_what_can_be_found(report: Report) -> None:
    assert report.figure("knn", "hr@1").mean == 1
    assert report.figure("knn", "ndcg@5").verdict == "above"


def test_popularity_is_measured_unasked(report: Report) -> None:
    assert report.models == ["popularity", "knn"]
    assert report.figure("popularity", "hr@1").difference is None


def test_json_says_everything_but_single_users(report: Report) -> None:
    told = json.loads(report.to_json())
    assert told["n_users"] == 40
    assert {"model": "knn", "metric": "coverage@1", "value": 1.0} in told["figures"]


def test_one_line_for_each_model_and_user(report: Report) -> None:
    lines = list(csv.DictReader(report.per_user_csv().splitlines()))
    assert len(lines) == 80
    assert [line["hr@1"] for line in lines if line["model"] == "knn"] == ["1.0"] * 40


def test_the_chart_has_a_dot_for_each_model(report: Report) -> None:
    chart = ElementTree.fromstring(report.to_svg("ndcg@5"))
    assert len(chart.findall("{http://www.w3.org/2000/svg}circle")) == 2


def test_repeats_are_asked_for_only_when_included() -> None:
    split = leave_one_out(dataset([[0, 1, 0, 0]] * 5, 3))
    included = evaluate(["personal_top"], split, k=(1,), repeats="include")
    assert included.figure("personal_top", "hr@1").mean == 1
    assert included.figure("personal_top", "repeat_hits@1").mean == 1
    with pytest.raises(InvalidInput, match="nothing to predict"):
        evaluate(["personal_top"], split, k=(1,))


def test_the_same_seed_gives_the_same_report() -> None:
    first, second = (evaluate(["svd"], leave_one_out(random_shop()), seed=3).to_json() for _ in range(2))
    assert first == second


def test_the_interval_holds_the_mean_and_shrinks_with_users() -> None:
    rng = np.random.default_rng(0)
    few, many = (bootstrap(rng.random((n, 1)), np.random.default_rng(1))[0] for n in (20, 2000))
    assert few.low < few.value < few.high
    # The standard error of a uniform number's mean, times 1.96, on either side.
    assert many.high - many.low == pytest.approx(2 * 1.96 / np.sqrt(12 * 2000), rel=0.15)
    assert few.high - few.low > many.high - many.low


def test_tuning_finds_the_better_option() -> None:
    board = checkerboard()
    validation = leave_one_out(board, validation=True)
    fixed, rng = {"people_per_factor": 0}, np.random.default_rng(0)
    trials = tune("svd", {"factors": (2, 100)}, validation, rng=rng, n_trials=2, fixed=fixed)
    assert trials[0].options == {"factors": 2, **fixed}
    assert trials[0].value > trials[-1].value


def test_tuning_on_the_test_part_is_refused() -> None:
    with pytest.raises(InvalidInput, match="validation"):
        tune("svd", {}, leave_one_out(checkerboard()), rng=np.random.default_rng(0))


@pytest.mark.parametrize(("k", "found"), [(1, 0.0), (2, 0.0), (3, 1.0), (5, 1.0)])
def test_a_tie_never_counts_as_found_by_luck(k: int, found: float) -> None:
    # Products 0, 1 and 2 were taken once each; whoever took 3 before takes 0, which comes first among equals.
    split = leave_one_out(dataset([[3, 3, 0], [0], [1], [2]], 4))
    report = evaluate(["popularity"], split, k=(k,))
    assert report.figure("popularity", f"hr@{k}").mean == found
    assert report.figure("popularity", f"mrr@{k}").mean == pytest.approx(found / 3)

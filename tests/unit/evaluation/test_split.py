from datetime import UTC, datetime

import numpy as np
import pytest

from shopkeeper.data.dataset import Dataset
from shopkeeper.data.history import HistoryBatch
from shopkeeper.evaluation import Split, global_time, leave_one_out, random_split
from shopkeeper.kit.errors import InvalidInput
from shopkeeper.testing.checkerboard import dataset, random_shop


def rows(histories: HistoryBatch) -> list[list[int]]:
    return [histories.items_of(row).tolist() for row in range(len(histories))]


def test_leave_one_out_hides_the_newest() -> None:
    split = leave_one_out(dataset([[0, 1, 2, 3], [4, 5]], 6))
    assert rows(split.train.histories) == [[0, 1, 2], [4, 5]]
    assert (rows(split.queries), rows(split.truth)) == ([[0, 1, 2]], [[3]])


def test_its_validation_cut_never_sees_the_newest() -> None:
    split = leave_one_out(dataset([[0, 1, 2, 3], [4, 5]], 6), validation=True)
    assert rows(split.train.histories) == [[0, 1], [4, 5]]
    assert (rows(split.queries), rows(split.truth)) == ([[0, 1]], [[2]])
    assert split.is_validation


def test_time_cuts_everybody_at_one_moment() -> None:
    # A microsecond apart: row 0 at 0, 1, 2, row 1 at 0, 1, row 2 at 0.
    data = dataset([[0, 1, 2], [3, 4], [5]], 6)
    split = global_time(data, at=datetime(1970, 1, 1, 0, 0, 0, 1, tzinfo=UTC))
    assert rows(split.train.histories) == [[0], [3], [5]]
    assert (rows(split.queries), rows(split.truth)) == ([[0], [3]], [[1, 2], [4]])
    assert split.train.histories.as_of.tolist() == [1, 1, 1]
    assert split.n_new_items == 3


def test_users_without_a_past_are_counted_and_left_out() -> None:
    data = dataset([[0, 1], []], 3)
    late = HistoryBatch.of([[0, 1], [2]], user_idx=[0, 1])
    late.at[2] = 1
    split = global_time(data.with_histories(late), at=datetime(1970, 1, 1, 0, 0, 0, 1, tzinfo=UTC))
    assert split.n_cold == 1
    assert rows(split.truth) == [[1]]


def cells(histories: HistoryBatch, users: int) -> set[int]:
    return set((histories.user_idx[histories.row_of] * 1000 + histories.item_idx).tolist())


@pytest.mark.parametrize("validation", [False, True])
def test_random_pairs_are_in_one_part_only(validation: bool) -> None:
    split = random_split(random_shop(), seed=3, validation=validation)
    assert not cells(split.train.histories, 80) & cells(split.truth, 80)


def test_random_validation_hides_the_test_pairs_altogether() -> None:
    test, validation = (random_split(random_shop(), seed=3, validation=v) for v in (False, True))
    in_validation = cells(validation.train.histories, 80) | cells(validation.truth, 80)
    assert not cells(test.truth, 80) & in_validation


def test_the_same_seed_draws_the_same_pairs() -> None:
    first, second = (random_split(random_shop(), seed=3) for _ in range(2))
    assert rows(first.truth) == rows(second.truth)


def test_time_validation_lies_before_the_test_moment() -> None:
    data = random_shop()
    split, inner = global_time(data), global_time(data, validation=True)
    assert inner.truth.at.max() < split.truth.at.min()
    assert inner.train.histories.at.max() < inner.truth.at.min()


@pytest.mark.parametrize("when", [datetime(1969, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)])
def test_a_moment_outside_the_log_is_refused(when: datetime) -> None:
    with pytest.raises(InvalidInput, match="1970-01-01 to 1970-01-01"):
        global_time(random_shop(), at=when)


@pytest.mark.parametrize("cut", [global_time, random_split])
def test_a_share_must_leave_something_on_both_sides(cut: type[Split]) -> None:
    with pytest.raises(InvalidInput, match="test_share"):
        cut(random_shop(), test_share=1.5)  # type: ignore[call-arg]  # it is refused


def test_nothing_to_split() -> None:
    empty = random_shop().histories.keep(np.zeros(len(random_shop().histories.item_idx), np.bool_))
    with pytest.raises(InvalidInput, match="no interactions"):
        global_time(Dataset(random_shop().users, random_shop().items, empty))

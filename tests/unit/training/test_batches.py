import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from shopkeeper.kit.sequences import Sequences
from shopkeeper.training.batches import batches


@given(st.lists(st.integers(0, 12), min_size=1, max_size=30), st.integers(1, 5), st.integers(1, 4))
def test_every_token_with_a_next_one_comes_once(lengths: list[int], longest: int, n_rows: int) -> None:
    indptr = np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
    token = np.arange(indptr[-1], dtype=np.int32)
    sequences = Sequences(indptr, token, token[:, None], 7 + token.astype(np.int64), token.astype(np.float32))
    found = []
    for batch in batches(sequences, longest, n_rows, np.random.default_rng(0)):
        assert batch.item.shape == (n_rows, longest)
        full = batch.sequence >= 0
        assert ((batch.target >= 0) == full).all()
        assert (batch.target[full] == batch.item[full] + 1).all()
        assert (batch.weight[full] == batch.target[full]).all()
        assert not batch.weight[~full].any()
        assert (batch.context[full, 0] == batch.item[full]).all()
        assert (batch.at[full] == batch.item[full]).all()
        found += batch.item[full].tolist()
        # Within a row, tokens of one number are one stretch of one sequence.
        for items, owners in zip(batch.item, batch.sequence, strict=True):
            for owner in set(owners[owners >= 0].tolist()):
                part = items[owners == owner]
                assert (np.diff(part) == 1).all()
                assert len(set(np.searchsorted(indptr, part, side="right").tolist())) == 1
    assert sorted(found) == sorted(set(token.tolist()) - set((indptr[1:] - 1)[np.diff(indptr) > 0].tolist()))

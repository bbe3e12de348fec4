from itertools import pairwise

import numpy as np
import pytest

from shopkeeper.kit.ngrams import hashed_ngrams

BITS = 22


def pieces(text: str) -> set[int]:
    return set(hashed_ngrams([text], BITS).indices.tolist())


def expected(text: str) -> int:
    """Count the different words, pairs, runs inside words and characters of scripts without spaces."""
    words = text.split()
    runs = {f" {word} "[k : k + n] for word in words for n in range(2, 6) for k in range(len(word) + 3 - n)}
    pairs = set(pairwise(words))
    return len(runs) + len(pairs) + len(set(words)) + len({char for char in text if "\u4e00" <= char <= "\u9fff"})


@pytest.mark.parametrize("text", ["mug", "blue mug 300 ml", "a", "aaaa aaaa", "连衣裙 新款连衣裙", "mug杯 x"])
def test_all_pieces_are_counted(text: str) -> None:
    assert len(pieces(text)) == expected(text)


def test_a_piece_that_comes_twice_counts_twice() -> None:
    once, twice = hashed_ngrams(["mug", "mug mug"], BITS)
    assert twice.toarray()[0, once.indices].tolist() == [2.0] * once.nnz


def test_texts_share_what_they_share() -> None:
    assert pieces("mugs") & pieces("mug")
    assert not pieces("mug") & pieces("lamp")


def test_the_order_of_words_is_seen() -> None:
    assert pieces("red mug") != pieces("mug red")


def test_no_text_and_no_texts() -> None:
    assert hashed_ngrams(["", "mug", ""], BITS).sum(axis=1).ravel().tolist()[0][::2] == [0, 0]
    assert hashed_ngrams([], BITS).shape == (0, 1 << BITS)


def test_many_texts_are_counted_as_each_alone() -> None:
    texts = [f"word{k} mug" for k in range(9_000)]
    whole = hashed_ngrams(texts, 12)
    assert whole[[8_500]].toarray().tolist() == hashed_ngrams([texts[8_500]], 12).toarray().tolist()


def test_pieces_are_spread_over_the_buckets() -> None:
    counts = hashed_ngrams([f"w{k}" for k in range(4_000)], 8).sum(axis=0)
    assert np.asarray(counts).min() > 0

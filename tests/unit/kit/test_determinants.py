"""Each choice of the fast algorithm is that of determinants computed in full."""

import numpy as np

from shopkeeper.kit.determinants import determinantal


def volume(kernel: np.ndarray, chosen: list[int]) -> float:
    return float(np.linalg.det(kernel[np.ix_(chosen, chosen)]))


def test_each_choice_spans_most() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        vectors = rng.standard_normal((8, 5))
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        alike, worth, share = vectors @ vectors.T, rng.random(8), rng.uniform(0.1, 0.9)
        quality = np.exp((worth - worth.max()) * (1 - share) / (2 * share))
        kernel = quality[:, None] * alike * quality
        chosen = list[int]()
        for _turn in range(4):
            left = [item for item in range(8) if item not in chosen]
            chosen.append(max(left, key=lambda item: volume(kernel, [*chosen, item])))
        order = determinantal(worth, alike.__getitem__, share, 4).tolist()
        assert order == [*chosen, *sorted(set(range(8)) - set(chosen))]


def test_twins_come_last_and_nothing_is_lost() -> None:
    alike = np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    assert determinantal(np.array([1.0, 0.9, 0.1]), lambda place: alike[place], 0.5, 3).tolist() == [0, 2, 1]
    assert determinantal(np.array([1.0, 0.9, 0.1]), lambda place: alike[place], 0.0, 3).tolist() == [0, 2, 1]
    assert determinantal(np.empty(0), lambda place: np.empty(0), 0.5, 3).tolist() == []

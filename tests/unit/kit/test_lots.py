import numpy as np
import pytest

from shopkeeper.kit.lots import draw, some


@pytest.mark.parametrize(
    ("n_places", "share"), [(10, 0.5), (5000, 0.5), (5000, 0.001), (300_000, 0.3), (256, 1.0), (0, 0.0)]
)
@pytest.mark.parametrize("n", [0, 1, 24])
def test_some_are_drawn_as_from_a_list_of_all_that_are_open(n_places: int, share: float, n: int) -> None:
    is_open = np.random.default_rng(1).random(n_places) < share
    among = np.flatnonzero(is_open)
    expected = among if len(among) <= n else np.random.default_rng(2).choice(among, n, replace=False)
    assert some(is_open, n, np.random.default_rng(2)).tolist() == expected.tolist()


def test_what_is_drawn_is_drawn_as_the_generator_does() -> None:
    shares = np.random.default_rng(1).dirichlet(np.ones(7))
    for seed in range(50):
        place = np.random.default_rng(seed).choice(7, p=shares)
        assert draw(shares, 1, np.random.default_rng(seed)).place.tolist() == [place]

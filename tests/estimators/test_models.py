"""Every file in models/ is held to the shipped suite, as it stands and in its variants."""

from collections.abc import Mapping

import pytest

from shopkeeper import models
from shopkeeper.testing.estimator_suite import NewModel, ScorerSuite

# Options that a model needs to be itself on fifty users: a hundred factors would store their table as it is.
SMALL: Mapping[str, Mapping[str, object]] = {
    "svd": {"factors": 2, "people_per_factor": 0},
    "gfcf": {"factors": 2},
    "als": {"factors": 4},
    "sequence": {"factors": 16, "inner_factors": 16, "batch_events": 300, "epochs": 6},
}
VARIANTS: list[tuple[str, Mapping[str, object]]] = [
    *((name, SMALL.get(name, {})) for name in models.names()),
    ("user_knn", {"similarity": "euclidean"}),
    ("user_knn", {"similarity": "pearson"}),
    ("user_knn", {"product_weight": "bm25", "shrink": 2.0, "amplification": 1.5, "popularity_damping": 0.3}),
    ("item_knn", {"similarity": "pearson"}),
    ("item_knn", {"user_weight": "bm25", "similarity": "dot"}),
    ("item_knn", {"user_weight": "iuf", "asymmetry": 0.7, "half_life_events": 3.0}),
    ("transitions", {"two_steps": 0.7, "repeat": 0.3}),
    ("gfcf", {"factors": 0}),
    ("svd", {"target": "user_similarity", "factors": 2, "people_per_factor": 0}),
    ("als", {"factors": 4, "cg_steps": 0, "reg_power": 0.5}),
    ("popularity", {"half_life_days": 1.0}),
    ("sequence", {**SMALL["sequence"], "negatives": 0, "cosine": False, "temperature": 1.0, "accumulate": 2}),
]


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: " ".join([variant[0], *map(str, variant[1].items())]))
class TestEveryModel(ScorerSuite):
    @pytest.fixture
    def new(self, variant: tuple[str, Mapping[str, object]]) -> NewModel:
        return lambda: models.create(*variant)

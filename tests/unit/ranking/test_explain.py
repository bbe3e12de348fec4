import numpy as np
import pytest

from shopkeeper.data.items import Reason, ReasonKind, shared_by_several
from shopkeeper.ranking.explain import sentence, told


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        (
            Reason(ReasonKind.NEIGHBOURS, people=1200, shared=14),
            "1,200 customers who share products with you, 5 of them at least 14, bought it",
        ),
        (
            Reason(ReasonKind.NEIGHBOURS, people=5, shared=1),
            "5 customers who share at least 1 product with you bought it",
        ),
        (Reason(ReasonKind.NEIGHBOURS, people=4), "Chosen from what you took and looked at"),
        (Reason(ReasonKind.AGAIN, times=2), "You took it 2 times before"),
        (Reason(ReasonKind.POPULAR, people=1200), "Popular: 1,200 customers bought it"),
        (Reason(ReasonKind.POPULAR), "Popular"),
        (Reason(ReasonKind.ALIKE), "Like what you turned to"),
        (Reason(ReasonKind.POPULAR, people=4), "Popular"),
        (Reason(ReasonKind.TRENDING, people=1), "Trending"),
        (Reason(ReasonKind.HISTORY), "Chosen from what you took and looked at"),
    ],
)
def test_says_why(reason: Reason, text: str) -> None:
    assert sentence(reason) == text


def test_names_the_product_as_it_is_written() -> None:
    assert sentence(Reason(ReasonKind.SIMILAR), "RED Mug") == "Often bought by people who took RED Mug"
    assert sentence(Reason(ReasonKind.ALIKE), "RED Mug") == "Like RED Mug"
    assert sentence(Reason(ReasonKind.ALIKE), "RED Mug", "looked at") == "Like RED Mug, which you looked at"


@pytest.mark.parametrize("kind", [ReasonKind.NEIGHBOURS, ReasonKind.POPULAR, ReasonKind.TRENDING])
@pytest.mark.parametrize("people", range(1, 5))
def test_counts_nobody_who_could_be_found(kind: ReasonKind, people: int) -> None:
    reason = told(Reason(kind, people=people, shared=3))
    assert (reason.people, reason.shared) == (0, 0)
    assert not any(sign.isdigit() for sign in sentence(reason))


def test_what_is_shared_is_that_of_several_not_of_the_nearest() -> None:
    assert shared_by_several(np.array([90, 3, 7, 4, 5, 2, 6])) == 4
    assert shared_by_several(np.array([90, 90, 90, 90])) == 0

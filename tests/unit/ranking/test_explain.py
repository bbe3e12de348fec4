import pytest

from shopkeeper.data.items import Reason, ReasonKind
from shopkeeper.ranking.explain import sentence


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        (
            Reason(ReasonKind.NEIGHBOURS, people=3, shared=14),
            "3 customers who share up to 14 products with you bought it",
        ),
        (Reason(ReasonKind.NEIGHBOURS, people=3, shared=1), "3 customers who share 1 product with you bought it"),
        (Reason(ReasonKind.NEIGHBOURS, people=1, shared=1), "A customer who shares 1 product with you bought it"),
        (Reason(ReasonKind.AGAIN, times=2), "You took it 2 times before"),
        (Reason(ReasonKind.POPULAR, people=1200), "Popular: 1,200 customers bought it"),
        (Reason(ReasonKind.POPULAR), "Popular"),
        (Reason(ReasonKind.ALIKE), "Like what you turned to"),
        (Reason(ReasonKind.HISTORY), "Chosen from what you took and looked at"),
    ],
)
def test_says_why(reason: Reason, text: str) -> None:
    assert sentence(reason) == text


def test_names_the_product_as_it_is_written() -> None:
    assert sentence(Reason(ReasonKind.SIMILAR), "RED Mug") == "Often bought by people who took RED Mug"
    assert sentence(Reason(ReasonKind.ALIKE), "RED Mug") == "Like RED Mug"
    assert sentence(Reason(ReasonKind.ALIKE), "RED Mug", "looked at") == "Like RED Mug, which you looked at"

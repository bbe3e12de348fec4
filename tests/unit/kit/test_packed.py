"""Arrays and JSON come out of a zip as they went in, or not at all."""

import numpy as np
import pytest

from shopkeeper.kit.errors import InvalidInput
from shopkeeper.kit.packed import UNREADABLE, packed, unpacked, why_not

ARRAYS = {"a/x": np.arange(3), "names": np.array(["tea", "mug"])}


def test_what_was_packed_is_read_again() -> None:
    manifest, arrays = unpacked(packed({"format": 1, "about": "Tür"}, ARRAYS), 1)
    assert manifest == '{\n "format": 1,\n "about": "Tür"\n}'
    assert arrays.keys() == ARRAYS.keys()
    assert all(np.array_equal(arrays[name], array) for name, array in ARRAYS.items())


def test_another_format_is_refused() -> None:
    with pytest.raises(InvalidInput, match="format 2, this Shopkeeper reads 1") as refused:
        unpacked(packed({"format": 2}, ARRAYS), 1)
    assert why_not(refused.value) == str(refused.value)


@pytest.mark.parametrize("content", [b"", b"PK", packed({}, {}), packed({"format": 1}, ARRAYS)[:-30]])
def test_what_is_damaged_or_of_somebody_else_is_unreadable(content: bytes) -> None:
    with pytest.raises(UNREADABLE) as refused:
        unpacked(content, 1)
    assert why_not(refused.value).startswith("it is damaged, or none of Shopkeeper's")


def test_nothing_that_runs_code_is_packed() -> None:
    with pytest.raises(ValueError, match="pickle"):
        packed({"format": 1}, {"x": np.array([{}], object)})

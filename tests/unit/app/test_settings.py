"""What is set is checked where it is read."""

import pytest

from shopkeeper.app.settings import Settings
from shopkeeper.kit.errors import InvalidInput


@pytest.mark.parametrize("origins", ["https://shop.example/", "https://shop.example/path", "shop.example"])
def test_what_is_no_origin_is_refused_with_one_that_is(origins: str) -> None:
    with pytest.raises(InvalidInput, match=r"SHOPKEEPER_ORIGINS: .* one is https://shop\.example"):
        Settings.read({"origins": f"https://good.example, {origins}"})

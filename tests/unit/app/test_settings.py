"""What is set is checked where it is read."""

import pytest

from shopkeeper.app.settings import Settings
from shopkeeper.kit.errors import InvalidInput


def test_a_shared_secret_that_is_short_is_refused_and_not_shown() -> None:
    with pytest.raises(InvalidInput, match=r"SHOPKEEPER_INTERNAL_SECRET: .*openssl") as refused:
        Settings.read({"internal_secret": "short-secret"})
    assert "short-secret" not in str(refused.value)

"""What is set is checked where it is read."""

import pytest
from pyrage import x25519

from shopkeeper.app.settings import Settings
from shopkeeper.kit.errors import InvalidInput


def test_exports_are_sealed_for_a_public_key_and_a_secret_one_is_refused_and_not_shown() -> None:
    pair = x25519.Identity.generate()
    public = str(pair.to_public())
    assert Settings.read({"export_recipient": public}).export_recipient == public
    with pytest.raises(InvalidInput, match=r"SHOPKEEPER_EXPORT_RECIPIENT: .*the secret key") as refused:
        Settings.read({"export_recipient": str(pair)})
    assert str(pair) not in str(refused.value)


def test_a_shared_secret_that_is_short_is_refused_and_not_shown() -> None:
    with pytest.raises(InvalidInput, match=r"SHOPKEEPER_INTERNAL_SECRET: .*openssl") as refused:
        Settings.read({"internal_secret": "short-secret"})
    assert "short-secret" not in str(refused.value)

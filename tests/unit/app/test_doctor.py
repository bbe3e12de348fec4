from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from shopkeeper import models
from shopkeeper.adapters.sql import SqlKeyStore
from shopkeeper.app import shops
from shopkeeper.app.doctor import examine
from shopkeeper.app.settings import Settings
from shopkeeper.app.stores import open_database, open_shop
from shopkeeper.data.keys import PUBLIC_SCOPES, Key
from shopkeeper.kit.clock import utc_now
from shopkeeper.ports import SavedModel
from shopkeeper.testing.checkerboard import checkerboard


def states(store: Path, **given: object) -> dict[str, str]:
    return {finding.about: finding.state for finding in examine(Settings.read({"store": store, **given}))}


def fitted(store: Path, *names: str) -> None:
    shop, data = open_shop(store), checkerboard(20)
    for name in names:
        scorer = models.create(name).fit(data)
        shop.models.save(SavedModel(scorer, data.users, data.items, f"{name}-1", utc_now(), data.fingerprint(), {}))
    shop.close()


def test_a_shop_that_is_not_there(tmp_path: Path) -> None:
    assert states(tmp_path / "nowhere") == {"program": "good", "machine": "good", "store": "bad"}


def test_a_shop_that_is_well_but_for_data(tmp_path: Path) -> None:
    fitted(tmp_path, "user_knn", "popularity")
    found = states(tmp_path)
    assert (found["database"], found["model"], found["fallback"]) == ("good",) * 3
    assert (found["events"], found["products"]) == ("look", "look")


def test_a_model_without_what_stands_in_for_it(tmp_path: Path) -> None:
    fitted(tmp_path, "user_knn")
    assert states(tmp_path)["fallback"] == "bad"


def test_a_model_that_was_never_fitted(tmp_path: Path) -> None:
    fitted(tmp_path, "popularity")
    assert states(tmp_path)["model"] == "bad"


def test_a_database_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "shop.sqlite").write_text("this is no database, but long enough to be looked at " * 40)
    assert states(tmp_path)["database"] == "bad"


PUBLISHABLE = Key("1", "publishable", "default", PUBLIC_SCOPES, b"", "page", utc_now(), ("https://shop.example",))
SOON = utc_now() + timedelta(days=1)


@pytest.mark.parametrize(
    ("keys", "given", "found"),
    [
        ([], {}, ("good", None)),
        ([], {"host": "0.0.0.0"}, ("bad", None)),
        ([], {"host": "0.0.0.0", "open": True}, ("look", None)),
        ([], {"host": "0.0.0.0", "internal_secret": "s" * 32}, ("good", None)),
        ([PUBLISHABLE], {"host": "0.0.0.0"}, ("good", None)),
        ([replace(PUBLISHABLE, origins=("http://localhost:8080",))], {}, ("good", None)),
        ([replace(PUBLISHABLE, origins=())], {}, ("good", "look")),
        ([replace(PUBLISHABLE, origins=("http://shop.example",))], {}, ("good", "look")),
        ([replace(PUBLISHABLE, expires_at=SOON)], {}, ("good", "look")),
        ([replace(PUBLISHABLE, origins=(), revoked_at=utc_now())], {}, ("bad", None)),
    ],
)
def test_keys(tmp_path: Path, keys: list[Key], given: dict[str, object], found: tuple[str | None, str | None]) -> None:
    fitted(tmp_path, "popularity")
    engine = open_database(tmp_path)
    for key in keys:
        SqlKeyStore(engine).add(key)
    engine.dispose()
    told = states(tmp_path, **given)
    assert (told["keys"], told.get("key 1")) == found


def test_keys_are_not_looked_for_in_a_further_shop(tmp_path: Path) -> None:
    folder = shops.create(tmp_path, "tea")
    fitted(folder, "popularity")
    assert "keys" not in states(folder, host="0.0.0.0")


def test_a_service_that_is_silent(tmp_path: Path) -> None:
    fitted(tmp_path, "user_knn", "popularity")
    assert states(tmp_path, events_url="http://127.0.0.1:9")["events service"] == "bad"


def test_a_database_elsewhere_is_the_one_that_is_looked_at(tmp_path: Path) -> None:
    assert states(tmp_path, database_url=f"postgresql:///shop?host={tmp_path}")["database"] == "bad"

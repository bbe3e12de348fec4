"""Tags on the service itself and over HTTP."""

from pathlib import Path

import pytest

from shopkeeper.app.assemble import Services
from shopkeeper.app.settings import Settings
from shopkeeper.app.stores import Shop, tagging_of
from shopkeeper.services.catalog.contract import Catalog
from shopkeeper.testing.catalog_tags_suite import PRODUCTS, TREE, CatalogTagsSuite
from shopkeeper.testing.store_suite import event
from tests.contracts.conftest import clock, memory_shop

pytestmark = pytest.mark.anyio


class TestTags(CatalogTagsSuite):
    @pytest.fixture
    def shop(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
        monkeypatch.setenv("SHOPKEEPER_ENCODER", "none")
        (tmp_path / "taxonomy.csv").write_text(TREE, encoding="utf-8")
        shop = memory_shop(tmp_path)
        shop.products.upsert(PRODUCTS)
        shop.live.append([event("1", item="lamp")])
        tagging = tagging_of(shop, Settings(), clock)
        tagging.fit()
        tagging.catch_up()
        return shop

    @pytest.fixture
    def catalog(self, services: Services) -> Catalog:
        return services.catalog

"""The suites of the contracts, on the services themselves and over HTTP."""

from pathlib import Path

import pytest

from shopkeeper.app.assemble import Services
from shopkeeper.app.stores import Shop
from shopkeeper.services.catalog.contract import Catalog
from shopkeeper.services.coupons.contract import Coupons
from shopkeeper.services.events.contract import Events
from shopkeeper.services.insights.contract import Insights
from shopkeeper.services.models.contract import Models
from shopkeeper.services.people.contract import People
from shopkeeper.services.predictions.contract import Predictions
from shopkeeper.services.recommendations.contract import Recommendations
from shopkeeper.testing.contract_suite import CatalogSuite, EventsSuite, ModelsSuite
from shopkeeper.testing.coupons_suite import CouponsSuite
from shopkeeper.testing.insights_suite import InsightsSuite
from shopkeeper.testing.people_contract_suite import PeopleSuite
from shopkeeper.testing.predictions_suite import Batch, PredictionsSuite
from shopkeeper.testing.recommendations_suite import RecommendationsSuite
from tests.contracts.conftest import memory_shop
from tests.contracts.learned import learned, scores

pytestmark = pytest.mark.anyio
SEGMENTS = {
    "likely": "purchase_7d > 0.2",
    "likely_books": 'likely and next_category == "Books"',
    "monthly": "purchase_30d > 0.5",
}


class TestEvents(EventsSuite):
    @pytest.fixture
    def events(self, services: Services) -> Events:
        return services.events

    @pytest.fixture
    def catalog(self, services: Services) -> Catalog:
        return services.catalog


class TestCatalog(CatalogSuite):
    @pytest.fixture
    def catalog(self, services: Services) -> Catalog:
        return services.catalog


class TestRecommendations(RecommendationsSuite):
    @pytest.fixture
    def events(self, services: Services) -> Events:
        return services.events

    @pytest.fixture
    def catalog(self, services: Services) -> Catalog:
        return services.catalog

    @pytest.fixture
    def recommendations(self, services: Services) -> Recommendations:
        return services.recommendations


class TestModels(ModelsSuite):
    @pytest.fixture
    def models(self, services: Services) -> Models:
        return services.models


class TestPredictions(PredictionsSuite):
    @pytest.fixture
    def shop(self, tmp_path: Path) -> Shop:
        shop = learned(memory_shop(tmp_path), "purchase_7d", "next_category")
        shop.outlooks.refuse("value_365d", "There are 20 customers, and below 500 nothing is said.")
        (tmp_path / "segments").mkdir()
        for name, where in SEGMENTS.items():
            (tmp_path / "segments" / f"{name}.toml").write_text(f"about = 'May buy'\nwhere = '{where}'\n")
        return shop

    @pytest.fixture
    def batch(self) -> Batch:
        return scores

    @pytest.fixture
    def events(self, services: Services) -> Events:
        return services.events

    @pytest.fixture
    def predictions(self, services: Services) -> Predictions:
        return services.predictions


class TestCoupons(CouponsSuite):
    @pytest.fixture
    def catalog(self, services: Services) -> Catalog:
        return services.catalog

    @pytest.fixture
    def coupons(self, services: Services) -> Coupons:
        return services.coupons


class TestPeople(PeopleSuite):
    @pytest.fixture
    def shop(self, tmp_path: Path) -> Shop:
        (tmp_path / "privacy.toml").write_text('policies = ["2023", "2024"]\nconsent.analysis = "required"\n')
        return memory_shop(tmp_path)

    @pytest.fixture
    def people(self, services: Services) -> People:
        return services.people


class TestInsights(InsightsSuite):
    @pytest.fixture
    def events(self, services: Services) -> Events:
        return services.events

    @pytest.fixture
    def catalog(self, services: Services) -> Catalog:
        return services.catalog

    @pytest.fixture
    def insights(self, services: Services) -> Insights:
        return services.insights

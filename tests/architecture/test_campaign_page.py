"""What the page on campaigns says can be done."""

import re
import tomllib
from pathlib import Path

import httpx
import pytest

from shopkeeper.adapters.memory_coupons import MemoryCouponStore
from shopkeeper.app.assemble import services_of, web_app
from shopkeeper.app.settings import Settings
from shopkeeper.services.coupons.contract import CampaignModel
from tests.contracts.conftest import memory_shop
from tests.serving import serving

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "run-a-campaign.md").read_text()


def test_the_campaign_of_the_page_takes_off_what_the_page_buys(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (told,), (code,) = (re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL) for kind in ("toml", "python"))
    made = CampaignModel.model_validate(tomllib.loads(told))
    shop = memory_shop(tmp_path)
    assert isinstance(shop.coupons, MemoryCouponStore)
    with serving(web_app(services_of(shop, Settings()))) as url:
        httpx.post(f"{url}/v1/coupons/campaigns", json=made.model_dump(mode="json")).raise_for_status()
        exec(compile(code.replace("http://localhost:8000", url), "run-a-campaign.md", "exec"), {})
    # 10 % of 25.50 is 2.55; one of two pieces cost 12.75 less 1.27.
    assert capsys.readouterr().out.splitlines() == ["valid 255 2785 ['10 % off']", "redeemed", "1148"]

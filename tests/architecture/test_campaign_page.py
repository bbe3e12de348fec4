"""What the page on campaigns says can be done."""

import re
import tomllib
from pathlib import Path

import httpx
import pytest

from shopkeeper.adapters.memory_coupons import MemoryCouponStore
from shopkeeper.app.assemble import services_of, web_app
from shopkeeper.app.settings import Settings
from shopkeeper.cli.coupons import commands
from shopkeeper.coupons.guardrails import DISCLOSURE
from shopkeeper.coupons.off_policy import LEAST_EFFECTIVE
from shopkeeper.coupons.report import _LEAST as IN_HOLDOUT
from shopkeeper.coupons.uplift import LEAST
from shopkeeper.services.coupons.contract import CampaignModel
from shopkeeper.services.coupons.learning import _WINDOW_DAYS
from tests.contracts.conftest import memory_shop
from tests.serving import serving

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "run-a-campaign.md").read_text()
PROSE = PAGE.replace("\n", " ")


def test_the_campaigns_of_the_page_do_what_the_page_asks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told, programs = (re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL) for kind in ("toml", "python"))
    shop = memory_shop(tmp_path)
    assert isinstance(shop.coupons, MemoryCouponStore)
    with serving(web_app(services_of(shop, Settings()))) as url:
        for text in told:
            made = CampaignModel.model_validate(tomllib.loads(text))
            httpx.post(f"{url}/v1/coupons/campaigns", json=made.model_dump(mode="json")).raise_for_status()
        for program in programs:
            exec(compile(program.replace("http://localhost:8000", url), "run-a-campaign.md", "exec"), {})
    # 10 % of 25.50 is 2.55; one of two pieces cost 12.75 less 1.27.
    assert capsys.readouterr().out.splitlines() == [
        "[(None, None)] {'spring_personal': ['open']}",
        DISCLOSURE["en"][:41],
        "valid 255 2785 ['10 % off']",
        "redeemed",
        "1148",
    ]


def test_the_commands_of_the_page_are_there() -> None:
    named = set(re.findall(r"^shopkeeper coupons (\w+)", PAGE, re.MULTILINE))
    assert {"learn", "report"} <= named <= {command.name for command in commands().registered_commands}


@pytest.mark.parametrize(
    "told",
    [
        f"Under {LEAST_EFFECTIVE:.0f} effective decisions it refuses",
        f"until {LEAST} people got it by chance",
        f"({_WINDOW_DAYS:.0f} without)",
        f"It speaks from {IN_HOLDOUT} people in the hold-out on",
    ],
)
def test_the_numbers_of_the_page_are_those_of_the_code(told: str) -> None:
    assert told in PROSE

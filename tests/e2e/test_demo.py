"""The first command of the README, on the whole shop."""

import re
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.e2e
def test_the_demo_goes_from_the_log_to_recommendations_and_ends(tmp_path: Path) -> None:
    shopkeeper = Path(sys.executable).parent / "shopkeeper"
    ended = subprocess.run(
        [shopkeeper, "demo", "--no-serve", "--store", tmp_path], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    # 541,909 lines: repeated lines and two without a product are told, nothing is lost in silence.
    assert "536,637" in ended.stdout
    assert "5,270" in ended.stdout
    assert len(list((tmp_path / "evaluation").rglob("chart.svg"))) == 2
    assert "champions" in ended.stdout
    assert (tmp_path / "rfm.svg").exists()
    assert "refund" in ended.stdout
    for name in ("purchase_30d", "churn", "value_90d"):
        assert f"Fitted {name}" in ended.stdout
    assert "days since the newest order: " in ended.stdout.replace("\n", " ")
    assert "SIMULATED shoppers: they do not exist" in ended.stdout.replace("\n", " ")
    assert re.search(
        r"The campaign .* money, against [\d,]+ people who by chance got no coupon", " ".join(ended.stdout.split())
    )
    assert len(list((tmp_path / "simulated").glob("simulated-*.svg"))) == 2
    several = r"customers who share products with you, 5 of them at least \d+, bought it"
    assert re.search(several, " ".join(ended.stdout.split()))
    kept = re.search(
        r"Of the 10 of their own \(bold\), (\d+) are left at half, and (\d+) when off", " ".join(ended.stdout.split())
    )
    assert kept and 10 > int(kept[1]) > int(kept[2])
    assert "335 labels" in ended.stdout
    assert "is new: filed in" in " ".join(ended.stdout.split())
    assert "CANDLE" in ended.stdout.partition("On its page")[2]

"""The report is what a campaign earned against the hold-out, in words and in pictures."""

from xml.etree import ElementTree

import numpy as np
import pytest
from numpy.typing import NDArray

from shopkeeper.coupons.pictures import qini_svg, spending_svg
from shopkeeper.coupons.qini import Trial, curve
from shopkeeper.coupons.report import People, Report
from shopkeeper.kit.errors import InvalidInput, TooLittle

SVG = "{http://www.w3.org/2000/svg}"


def people(n: int = 40_000, moved: float = 0.05, seed: int = 0) -> People:
    """Return people of whom a fifth buys for 5000, more with a coupon of 500, of which the shop keeps 2000."""
    rng = np.random.default_rng(seed)
    is_holdout = rng.random(n) < 0.05
    buys = rng.random(n) < 0.2 + moved * ~is_holdout
    off = np.where(is_holdout, 0.0, 500.0)
    return People(is_holdout, np.where(buys, 5000 - off, 0.0), np.where(buys, 2000.0, 0.0), np.where(buys, off, 0.0))


def test_incremental_figures_hold_what_was_simulated() -> None:
    told = people()
    given = int((~told.is_holdout).sum())
    inside = 0
    for seed in range(40):
        report = Report.of(people(seed=seed))
        # .25 of 4500 less .2 of 5000; .05 of 2000; .25 of 500 off.
        for figure, truth in ((report.revenue, 125.0), (report.margin, 100.0), (report.profit, -25.0)):
            inside += figure.low <= truth * given <= figure.high
    assert inside >= 0.88 * 120
    assert Report.of(told).cost == told.cost.sum()


def test_a_merchant_reads_whether_it_earned() -> None:
    assert Report.of(people(moved=0.4)).said("EUR").startswith("The campaign earned money, against ")
    assert Report.of(people(moved=-0.1)).said("EUR").startswith("The campaign lost money")
    said = Report.of(people(n=5000, moved=0.06)).said("EUR")
    assert said.startswith("The campaign is not proven to have earned money")
    assert "EUR (" in said


def test_a_holdout_that_is_not_what_was_drawn_is_refused() -> None:
    told = people()
    out = told.is_holdout & (np.arange(40_000) % 4 > 0)
    with pytest.raises(InvalidInput, match="not as large as was drawn"):
        Report.of(People(out, told.revenue, told.margin, told.cost))
    with pytest.raises(TooLittle, match="200 on"):
        Report.of(people(1000))


def lines(svg: str) -> dict[str, NDArray[np.float64]]:
    root = ElementTree.fromstring(svg)
    return {
        line.get("class") or "": np.array([point.split(",") for point in (line.get("points") or "").split()], float)
        for line in root.findall(f"{SVG}polyline")
    }


def test_the_picture_of_an_order_is_its_curve() -> None:
    treated = np.array([True, False] * 4)
    outcome = np.array([1.0, 0, 1, 0, 0, 0, 0, 0])
    told = curve(np.repeat([2.0, 1.0], 4), Trial.of(treated, outcome))
    svg = qini_svg(told, "A & B")
    found = lines(svg)
    line, chance = found["line"], found["exact"]
    assert line[1, 0] == pytest.approx((line[0, 0] + line[2, 0]) / 2)
    assert line[1, 1] == line[2, 1] < line[0, 1]
    assert chance.tolist() == [line[0].tolist(), line[-1].tolist()]
    assert "Qini 0.1250; the first half holds 100 %" in svg
    assert "prefers-color-scheme: dark" in svg


def test_the_picture_of_spending_has_both_lines_on_one_scale() -> None:
    svg = spending_svg([0, 50, 100], [0, 80], "Spring")
    found = lines(svg)
    assert len(found["exact"]) == 3
    assert len(found["line"]) == 2
    assert found["line"][1, 0] == found["exact"][1, 0]
    assert found["line"][1, 1] < found["exact"][1, 1]
    assert "80 spent of 50 planned by then" in svg
    assert "nothing spent yet" in spending_svg([0, 1], [], "Spring")

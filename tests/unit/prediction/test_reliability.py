"""The reliability plot shows what was measured."""

from xml.etree import ElementTree

import numpy as np
import pytest

from shopkeeper.prediction.quality import Quality
from shopkeeper.prediction.reliability import reliability_svg

SVG = "{http://www.w3.org/2000/svg}"


def test_dots_lie_where_told_and_happened_are_and_grow_with_their_cases() -> None:
    p = np.repeat([0.05, 0.55, 0.95], [100, 50, 10])
    happened = np.concatenate([np.arange(100) < 5, np.arange(50) < 40, np.arange(10) < 10])
    root = ElementTree.fromstring(reliability_svg(Quality.of(p, happened), "A & B <7>"))
    assert root.get("aria-label") == "A & B <7>"
    dots = root.findall(f"{SVG}circle")
    x, y, radius = (np.array([float(dot.get(name) or "") for dot in dots]) for name in ("cx", "cy", "r"))
    (exact,) = (line for line in root.findall(f"{SVG}line") if line.get("class") == "exact")
    x0, x1, y0, y1 = (float(exact.get(name) or "") for name in ("x1", "x2", "y1", "y2"))
    assert (x - x0) / (x1 - x0) == pytest.approx([0.05, 0.55, 0.95], abs=1e-3)
    assert (y - y0) / (y1 - y0) == pytest.approx([0.05, 0.8, 1.0], abs=1e-3)
    assert (np.diff(radius) < 0).all()
    assert dots[1].findtext(f"{SVG}title") == "told 0.55, happened 0.80, 50 cases"
    texts = [text.text or "" for text in root.findall(f"{SVG}text")]
    assert any(text.startswith("160 cases; calibration error (ECE) 0.08") for text in texts)


def test_it_fits_a_phone_and_follows_the_theme() -> None:
    text = reliability_svg(Quality.of(np.array([0.1, 0.9]), np.array([False, True])), "short")
    assert 'viewBox="0 0 420 ' in text
    assert "prefers-color-scheme: dark" in text

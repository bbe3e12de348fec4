"""Analyses on the command line, of a log with twenty people who buy two things, and thirty who only look."""

import re
from pathlib import Path

import pytest

from tests.unit.cli.test_commands import run

Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    lines = ["type,at,user_id,item_id,price,currency,recommendation_id,query,n_results"]
    for n in range(50):
        lines.append(f"search,2024-01-31T23:29:00Z,u{n},,,,,lamp,{n % 2}")
        lines.append(f"view,2024-01-31T23:30:00Z,u{n},lamp,,,,,")
        if n < 20:
            lines += [f"purchase,2024-02-02T10:00:00Z,u{n},{item},5,EUR,,," for item in ("lamp", "bulb")]
            lines.append(f"click,2024-02-02T09:00:00Z,u{n},bulb,,,home.als.1.{n:016},,")
        else:
            lines.append(f"purchase,2024-02-05T10:00:00Z,u{n},cup,7,EUR,,,")
    (folder / "log.csv").write_text("\n".join(lines))
    with pytest.MonkeyPatch.context() as monkeypatch:
        assert run(monkeypatch, "import", folder / "log.csv", "--store", folder) == 0
    return folder


@pytest.mark.parametrize(
    ("asked", "row"),
    [
        ("funnel view purchase", r"purchase\s+50\s+100.0 %\s+100.0 %\s+110 h"),
        ("funnel view purchase --within-hours 48 --since 2024-01-31", r"purchase\s+20\s+40.0 %\s+40.0 %\s+34 h"),
        ("funnel view cart", r"cart\s+<10"),
        ("retention --every month", r"2024-01-01\s+50\s+100"),
        ("retention --every day --types purchase", r"2024-02-05\s+30"),
        ("rfm", r"50 customers"),
        ("rfm", r"at risk\s+20\s+40.0 %\s+20\s+200.00 EUR"),
        ("recommendations --by scenario,model", r"home\s+als\s+<10\s+20\s+<10\s+20\s+100.00 EUR"),
        ("performance", r"lamp\s+50\s+50\s+<10\s+20\s+20\s+40.0 %\s+100.00 EUR"),
        ("performance --since 2024-01-31 --until 2024-02-02", "2 that ten .*; against 2024-01-28 to 2024-01-30"),
        ("performance --by category", "0 that ten"),
        ("paths", r"search → view\s+50\s+41.7 %\s+50\s+100.0 %"),
        ("paths --steps 1 --types purchase", r"purchase …\s+50\s+100.0 %"),
        ("echo", r"enough is known of\s+<10"),
        ("searches", r"lamp\s+50\s+50\s+<10\s+30\s+60.0 %"),
        ("rules --item lamp", r"lamp\s+bulb\s+2.5\s+100.0 %\s+40.00 %\s+20"),
    ],
)
def test_prints_a_table(store: Path, asked: str, row: str, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    assert run(monkeypatch, "insights", *asked.split(), "--store", store) == 0
    told = capsys.readouterr().out
    assert re.search(row, told), told


def test_days_are_those_of_the_shop(store: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setenv("SHOPKEEPER_TIME_ZONE", "Europe/Berlin")
    assert run(monkeypatch, "insights", "retention", "--every", "month", "--store", store) == 0
    assert re.search(r"2024-02-01\s+50", capsys.readouterr().out)


@pytest.mark.parametrize(
    "asked",
    [
        "funnel view cart purchase",
        "retention",
        "rfm",
        "rules",
        "recommendations",
        "performance",
        "paths",
        "searches",
        "echo",
    ],
)
def test_writes_the_picture(
    store: Path, tmp_path: Path, asked: str, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    picture = tmp_path / "picture.svg"
    assert run(monkeypatch, "insights", *asked.split(), "-o", picture, "--store", store) == 0
    assert (picture.read_text().startswith("<svg"), "Written" in capsys.readouterr().out) == (True, True)


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ("funnel view buy", "steps[1]: Input should be 'view'"),
        ("funnel view", "steps: Value should have at least 2 items"),
        ("rfm --since 2024-02-02 --until 2024-02-01", "since (2024-02-02) is after until (2024-02-01)"),
        ("rfm -o nowhere/rfm.svg", "nowhere/rfm.svg cannot be written"),
    ],
)
def test_says_what_cannot_be_done(
    store: Path, asked: str, sentence: str, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    assert run(monkeypatch, "insights", *asked.split(), "--store", store) == 1
    assert sentence in " ".join(capsys.readouterr().err.split())


def test_a_time_zone_that_is_none_is_named(store: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setenv("SHOPKEEPER_TIME_ZONE", "Berlin")
    assert run(monkeypatch, "insights", "rfm", "--store", store) == 1
    assert "SHOPKEEPER_TIME_ZONE" in capsys.readouterr().err

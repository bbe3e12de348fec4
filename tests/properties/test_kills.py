"""What was acknowledged survives kills; benchmarks/reliability/kills.py kills two hundred times."""

from pathlib import Path

import pytest

from benchmarks.reliability.kills import attack


@pytest.mark.e2e
def test_kills_under_load_lose_and_double_nothing(tmp_path: Path) -> None:
    report = attack(tmp_path, kills=5, seed=3)
    assert (report.missing, report.doubled, report.halved) == (0, 0, 0)
    # Otherwise there was nothing to lose.
    assert (report.kills, report.worker_kills > 0, report.imported > 0, report.unanswered > 0) == (5, True, True, True)

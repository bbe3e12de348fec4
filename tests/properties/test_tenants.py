"""Requests at random never reach across shops; benchmarks/reliability/tenants.py sends a hundred thousand."""

from pathlib import Path

import pytest

from benchmarks.reliability.tenants import attack


@pytest.mark.anyio
@pytest.mark.parametrize("seed", [1, 2])
async def test_no_request_reaches_across_shops(tmp_path: Path, seed: int) -> None:
    report = await attack(tmp_path, 1000, seed)
    assert report.leaks == []
    # Otherwise there was nothing to leak: some were answered, some refused for each reason, and nothing failed.
    assert {200, 201, 401, 403, 404, 422} <= report.statuses.keys()
    assert not {500, 503} & report.statuses.keys()


@pytest.mark.anyio
async def test_a_leak_would_be_found(tmp_path: Path) -> None:
    leaks = " ".join((await attack(tmp_path, 1000, 1, is_open=True)).leaks)
    assert ("was told to nobody" in leaks, "is stored in default" in leaks) == (True, True)

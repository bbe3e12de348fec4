"""Persons leave the demo shop without a trace; benchmarks/reliability/erase.py has a thousand of them leave."""

from dataclasses import replace
from pathlib import Path

from benchmarks.reliability.erase import leave, online_retail


def test_who_leaves_the_demo_shop_leaves_no_trace(tmp_path: Path) -> None:
    source = online_retail(tmp_path)
    rows = f"""SELECT * FROM ({source.rows}) WHERE "at" < '2010-12-12'"""
    report = leave(tmp_path, replace(source, rows=rows, models=("user_knn", "transitions")), 5)
    assert (report.unequal, report.traces, report.back) == (0, 0, 0)
    # Otherwise there was nothing to find.
    assert report.files_before > 5

"""Write the tables of README.md and docs from benchmarks/results, and from nothing else.

    python -m benchmarks.tables          write them
    python -m benchmarks.tables --check  exit 1 when a table is not what the results say

A table stands between `<!-- table: AREA -->` and `<!-- end -->`; AREA is a folder of benchmarks/results.
"""

import json
import re
import sys
from pathlib import Path
from typing import TypedDict

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"
PAGES = ("README.md", "docs/explanation/evaluation.md", "docs/explanation/kernels.md")
MARK = re.compile(r"(<!-- table: ([a-z_/]+) -->\n).*?(<!-- end -->)", re.DOTALL)


class Row(TypedDict):
    """The fields of a published figure that a table shows."""

    row: str
    metric: str
    value: float
    spread: float | None
    reach: float | None
    peer: str | None
    peer_value: float | None
    seconds: float | None
    command: str


def number(value: float | None) -> str:
    """Show three significant digits, or a dash."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}" if abs(value) >= 1 else f"{value:.4f}"


def table(rows: list[Row]) -> str:
    """Return a Markdown table with the command of each row below it."""
    lines = ["| row | metric | Shopkeeper | ± | to reach | peer | peer's |", "|---|---|---:|---:|---:|---|---:|"]
    lines += [
        f"| {r['row']} | {r['metric']} | {number(r['value'])} | {number(r['spread'])} | {number(r['reach'])} "
        f"| {r['peer'] or '-'} | {number(r['peer_value'])} |"
        for r in rows
    ]
    commands = dict.fromkeys(row["command"] for row in rows)
    return "\n".join([*lines, "", "Measured by " + ", ".join(f"`{command}`" for command in commands) + "."])


def fill(text: str) -> str:
    """Replace every marked table in a page."""

    def replacement(match: re.Match[str]) -> str:
        files = sorted((RESULTS / match[2]).glob("*.json")) or [RESULTS / f"{match[2]}.json"]
        rows: list[Row] = [row for file in files for row in json.loads(file.read_text())]
        return f"{match[1]}{table(rows)}\n{match[3]}"

    return MARK.sub(replacement, text)


def main() -> int:
    """Write or check all pages; return the exit code."""
    stale = []
    for page in (ROOT / name for name in PAGES):
        if page.exists() and (filled := fill(text := page.read_text())) != text:
            stale.append(page.name)
            if "--check" not in sys.argv:
                page.write_text(filled)
    if "--check" in sys.argv and stale:
        print(f"stale tables in {', '.join(stale)}: run `make tables`")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

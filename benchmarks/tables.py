"""Write the tables of README.md and docs from benchmarks/results, and from nothing else.

    python -m benchmarks.tables          write them
    python -m benchmarks.tables --check  exit 1 when a table is not what the results say

A table stands between `<!-- KIND: AREA -->` and `<!-- end -->`; AREA is a folder of benchmarks/results. Of the kind
`rows` each line is one figure, and of `aims` each with an aim; of `wide` all figures of a row; of `models` one model, a
file each, and peers that we ran by their names in italics; of `best` our best model of each folder in AREA.
"""

import json
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NotRequired, TypedDict

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"
PAGES = (
    "README.md",
    "docs/explanation/attributes.md",
    "docs/explanation/coupons.md",
    "docs/explanation/evaluation.md",
    "docs/explanation/insights.md",
    "docs/explanation/kernels.md",
    "docs/explanation/leaks-and-fakes.md",
    "docs/explanation/prediction.md",
    "docs/explanation/privacy.md",
    "docs/explanation/serving.md",
    "docs/explanation/tagging.md",
    "docs/explanation/variety.md",
    "docs/how-to/run-a-campaign.md",
)
MARK = re.compile(r"(<!-- (rows|aims|wide|models|best): ([a-z0-9_/]+) -->\n).*?(<!-- end -->)", re.DOTALL)


class Row(TypedDict):
    """The fields of a published figure that a table shows."""

    row: str
    metric: str
    value: float
    spread: float | None
    reach: float | None
    peer: str | None
    peer_value: float | None
    by: NotRequired[str | None]
    seeds: list[int]
    seconds: float | None
    command: str


def number(value: float | None) -> str:
    """Show three significant digits, or a dash."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}" if abs(value) >= 1 else f"{value:.4f}"


def with_spread(row: Row) -> str:
    """Show a value and half its interval, bold where it reaches what it should."""
    text = number(row["value"])
    if row["reach"] is not None and row["value"] >= row["reach"]:
        text = f"**{text}**"
    return text if row["spread"] is None else f"{text} ±{row['spread']:.4f}".replace("±0.", "±.")


def read(path: Path) -> list[Row]:
    """Return the figures of one file."""
    rows: list[Row] = json.loads(path.read_text())
    return rows


def rows_table(folder: Path) -> list[str]:
    """Return a line for each figure."""
    return _lines([row for file in sorted(folder.glob("*.json")) for row in read(file)])


def aims_table(folder: Path) -> list[str]:
    """Return a line for each figure that should reach something, whether it does or not."""
    return _lines([row for file in sorted(folder.glob("*.json")) for row in read(file) if row["reach"] is not None])


def _lines(rows: list[Row]) -> list[str]:
    lines = ["| row | metric | Shopkeeper | ± | to reach | peer | peer's |", "|---|---|---:|---:|---:|---|---:|"]
    lines += [
        f"| {r['row']} | {r['metric']} | {number(r['value'])} | {number(r['spread'])} | {number(r['reach'])} "
        f"| {r['peer'] or '-'} | {number(r['peer_value'])} |"
        for r in rows
    ]
    commands = dict.fromkeys(row["command"] for row in rows)
    return [*lines, "", "Measured by " + ", ".join(f"`{command}`" for command in commands) + "."]


def counted_or_shared(row: Row) -> str:
    """Show a number of things as it is, a share with half its interval."""
    return with_spread(row) if row["spread"] is not None else f"{row['value']:g}"


def wide_table(folder: Path) -> list[str]:
    """Return a line for each row, with all its figures."""
    found = [row for file in sorted(folder.glob("*.json")) for row in read(file)]
    metrics = list(dict.fromkeys(row["metric"] for row in found))
    lines = [f"| | {' | '.join(metrics)} |", f"|---|{'---:|' * len(metrics)}"]
    for name in dict.fromkeys(row["row"] for row in found):
        own = {row["metric"]: counted_or_shared(row) for row in found if row["row"] == name}
        lines.append(f"| {name} | {' | '.join(own.get(metric, '-') for metric in metrics)} |")
    commands = dict.fromkeys(row["command"] for row in found)
    return [*lines, "", "Measured by " + ", ".join(f"`{command}`" for command in commands) + "."]


def models_table(folder: Path) -> list[str]:
    """Return a line for each model, best last metric but one first, and one for what is published."""
    models = {file.stem: read(file) for file in folder.glob("*.json")}
    if not models:
        return [f"{folder.name}: not measured yet."]
    some = next(iter(ours(models).values()))
    decisive = min(1, len(some) - 1)
    ranked = sorted(models, key=lambda model: -models[model][decisive]["value"])
    lines = [
        f"| {folder.name} | {' | '.join(row['metric'] for row in some)} | seconds |",
        f"|---|{'---:|' * (len(some) + 1)}",
    ]
    for model in ranked:
        cells = " | ".join(with_spread(row) for row in models[model])
        lines.append(f"| {shown(model, models[model])} | {cells} | {number(some_seconds(models[model]))} |")
    if any(row["peer"] for row in some):
        cells = " | ".join(f"{number(row['peer_value'])} ({row['peer']})" if row["peer"] else "-" for row in some)
        lines.append(f"| *published* | {cells} | |")
    commands = dict.fromkeys(models[model][0]["command"] for model in [*ours(models), *models])
    return [*lines, "", "Measured by " + ", ".join(f"`{command}`" for command in commands) + "."]


def ours(models: Mapping[str, list[Row]]) -> dict[str, list[Row]]:
    """Leave out peers."""
    return {model: rows for model, rows in models.items() if not rows[0].get("by")}


def shown(model: str, rows: list[Row]) -> str:
    """Name a model of ours as in the code and a peer's as its makers do, with its seeds where they are not three."""
    name = f"*{by}*" if (by := rows[0].get("by")) else f"`{model}`"
    n_seeds = len(rows[0]["seeds"])
    return name if n_seeds == 3 else f"{name} ({n_seeds} seed{'s' * (n_seeds > 1)})"


def some_seconds(rows: list[Row]) -> float | None:
    """Return what all figures of one model took, since one run made them."""
    return rows[0]["seconds"]


def best_table(area: Path) -> list[str]:
    """Return a line for each folder: its best model by each of the first two metrics, next to what is published."""
    lines = ["| data | metric | best model | Shopkeeper | popularity | published |", "|---|---|---|---:|---:|---|"]
    for folder in sorted(path for path in area.iterdir() if path.is_dir()):
        models = ours({file.stem: read(file) for file in folder.glob("*.json")})
        for place, metric in enumerate(row["metric"] for row in next(iter(models.values()))[:2]):
            best = max(models, key=lambda model: models[model][place]["value"])
            row = models[best][place]
            floor = number(models["popularity"][place]["value"]) if "popularity" in models else "-"
            peer = f"{number(row['peer_value'])} {row['peer']}" if row["peer"] else "-"
            lines.append(f"| {folder.name} | {metric} | `{best}` | {with_spread(row)} | {floor} | {peer} |")
    return lines


KINDS: Mapping[str, Callable[[Path], list[str]]] = {
    "rows": rows_table,
    "aims": aims_table,
    "wide": wide_table,
    "models": models_table,
    "best": best_table,
}


def fill(text: str) -> str:
    """Replace every marked table in a page."""
    return MARK.sub(lambda mark: "\n".join([mark[1].rstrip(), *KINDS[mark[2]](RESULTS / mark[3]), mark[4]]), text)


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

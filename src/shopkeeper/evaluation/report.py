"""The outcome of an evaluation, and its forms: JSON, a file per user, a chart."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import NDArray

from shopkeeper.evaluation.intervals import Interval


@dataclass(frozen=True, slots=True)
class Figure:
    """One metric of one model."""

    model: str
    metric: str
    value: Interval | float
    """A mean over users with its interval, or one number of the whole catalogue."""
    difference: Interval | None
    """Mean over users of the difference to popularity; None for popularity itself and for whole-catalogue numbers."""

    @property
    def mean(self) -> float:
        """The number without its interval."""
        return self.value.value if isinstance(self.value, Interval) else self.value

    @property
    def verdict(self) -> str:
        """`above` or `below` popularity beyond the interval, `same` within, empty where not compared."""
        if self.difference is None:
            return ""
        return "above" if self.difference.low > 0 else "below" if self.difference.high < 0 else "same"


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """All figures of one evaluation, and what they were measured on."""

    split: str
    repeats: str
    n_users: int
    n_cold: int
    n_new_items: int
    seed: int
    options: Mapping[str, str]
    """The options of each model that are not its defaults, as JSON."""
    figures: Sequence[Figure]
    users: Sequence[str]
    """Those asked about, in the order of `per_user`."""
    per_user: Mapping[str, Mapping[str, NDArray[np.float64]]]
    """model -> metric -> one number per user."""

    @property
    def models(self) -> list[str]:
        """The names of the models, popularity first."""
        return list(self.options)

    def figure(self, model: str, metric: str) -> Figure:
        """Return one figure."""
        return next(figure for figure in self.figures if (figure.model, figure.metric) == (model, metric))

    def to_json(self) -> str:
        """Return everything but the single users."""
        about = {name: getattr(self, name) for name in ("split", "repeats", "n_users", "n_cold", "n_new_items", "seed")}
        figures = [
            {"model": f.model, "metric": f.metric, "value": f.mean}
            | ({"low": f.value.low, "high": f.value.high} if isinstance(f.value, Interval) else {})
            | ({"difference": f.difference._asdict(), "verdict": f.verdict} if f.difference else {})
            for f in self.figures
        ]
        options = {model: json.loads(text) for model, text in self.options.items()}
        return json.dumps(about | {"options": options, "figures": figures}, indent=1, ensure_ascii=False)

    def per_user_csv(self) -> str:
        """Return a line for each model and user, a column for each metric."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["model", "user_id", *next(iter(self.per_user.values()))])
        for model, of_model in self.per_user.items():
            columns = np.stack(list(of_model.values()), axis=1).round(6).tolist()
            writer.writerows([model, user, *row] for user, row in zip(self.users, columns, strict=True))
        return text.getvalue()

    def to_svg(self, metric: str) -> str:
        """Return a chart of one metric: a dot and its interval for each model, best first."""
        figures = sorted((f for f in self.figures if f.metric == metric), key=lambda f: -f.mean)
        intervals = [f.value if isinstance(f.value, Interval) else Interval(f.mean, f.mean, f.mean) for f in figures]
        longest = max(max((interval.high for interval in intervals), default=0.0), 1e-9)
        rows = []
        for place, (figure, interval) in enumerate(zip(figures, intervals, strict=True)):
            x, low, high = (110 + 230 * bound / longest for bound in interval)
            y = 62 + 30 * place
            rows.append(
                f'<text x="100" y="{y + 4}" text-anchor="end">{escape(figure.model)}</text>'
                f'<line x1="{low:.1f}" x2="{high:.1f}" y1="{y}" y2="{y}" class="{figure.verdict or "baseline"}"/>'
                f'<circle cx="{x:.1f}" cy="{y}" r="5" class="{figure.verdict or "baseline"}"/>'
                f'<text x="352" y="{y + 4}">{figure.mean:.4f}</text>'
            )
        height = 70 + 30 * len(figures)
        return _SVG.format(
            height=height,
            title=escape(metric.upper()),
            subtitle=escape(f"{self.n_users:,} users, {self.split}, 95 % intervals"),
            axis=height - 22,
            rows="\n".join(rows),
        )


_SVG = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 420 {height}" role="img" aria-label="{title}">
<style>
svg {{ font: 12px system-ui, sans-serif; background: #fff; --ink: #1c2430; --soft: #66707f; --rule: #e3e6ea;
  --above: #0a7d5a; --below: #b3403a }}
@media (prefers-color-scheme: dark) {{ svg {{ background: #14181f; --ink: #e8ecf1; --soft: #97a1b0; --rule: #2b323d;
  --above: #4cc79c; --below: #f08b84 }} }}
text {{ fill: var(--ink) }} .soft {{ fill: var(--soft) }}
line {{ stroke-width: 2.5; stroke-linecap: round }} line.rule {{ stroke: var(--rule); stroke-width: 1 }}
line.above {{ stroke: var(--above) }} line.below {{ stroke: var(--below) }}
line.same, line.baseline {{ stroke: var(--soft) }}
circle.above {{ fill: var(--above) }} circle.below {{ fill: var(--below) }}
circle.same, circle.baseline {{ fill: var(--soft) }}
</style>
<text x="16" y="24" font-size="15" font-weight="600">{title}</text>
<text x="16" y="41" class="soft">{subtitle}</text>
<line class="rule" x1="110" x2="110" y1="50" y2="{axis}"/>
{rows}
</svg>
"""

"""How well texts are filed in a tree: at each level, and what is applied without a person."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from benchmarks.record import Row, peak_mb
from shopkeeper.data.catalog import LEVELS
from shopkeeper.data.tags import Band
from shopkeeper.prediction.quality import Quality
from shopkeeper.tagging.category import CategoryTagger
from shopkeeper.tagging.encoder import Encoder

Rows = NDArray[np.int64]


class Remembered:
    """An encoder that reads no text twice, since the same texts are asked for with every seed."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder, self._known = encoder, dict[str, NDArray[np.float32]]()

    @property
    def name(self) -> str:
        """That of the encoder."""
        return self._encoder.name

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Read what is new."""
        new = list({text for text in texts if text not in self._known})
        self._known |= dict(zip(new, self._encoder.encode(new), strict=True))
        return np.stack([self._known[text] for text in texts]) if texts else self._encoder.encode([])

    def unknown_share(self, texts: Sequence[str]) -> float:
        """Ask the encoder."""
        return self._encoder.unknown_share(texts)


def at_levels(
    tagger: CategoryTagger, texts: Sequence[str], truth: Sequence[str], names: Sequence[str]
) -> dict[str, float]:
    """Return the share whose likeliest category is right down to each level, of those that have the level."""
    told = [one[0].category_id if one else "" for one in tagger.candidates(texts, 1)]
    figures = {}
    for depth, name in enumerate(names, 1):
        pairs = [
            (is_.split(LEVELS)[:depth], was.split(LEVELS)[:depth])
            for is_, was in zip(told, truth, strict=True)
            if was.count(LEVELS) >= depth - 1
        ]
        figures[f"accuracy, {name}"] = float(np.mean([is_ == was for is_, was in pairs]))
    return figures


def applied(tagger: CategoryTagger, texts: Sequence[str], truth: Sequence[str]) -> dict[str, float]:
    """Return what is applied and right, how much that is, and how far probabilities are off (ECE)."""
    tags = tagger.tag(texts)
    right = np.array(
        [f"{was}{LEVELS}".startswith(f"{tag.value}{LEVELS}") for tag, was in zip(tags, truth, strict=True)]
    )
    is_applied = np.array([tag.band is Band.APPLIED for tag in tags])
    ece = Quality.of(np.array([tag.confidence for tag in tags]), right).ece if not right.all() else 0.0
    precision = float(right[is_applied].mean()) if is_applied.any() else 1.0
    return {"precision of what is applied": precision, "share applied": float(is_applied.mean()), "ECE": ece}


def published(
    row: str,
    figures: Mapping[str, Sequence[float]],
    reach: Mapping[str, float],
    command: str,
    *,
    seeds: Sequence[int] = (0,),
    seconds: float,
) -> list[Row]:
    """Return the mean of each figure over its seeds."""
    told = {metric: float(np.mean(values)) for metric, values in figures.items()}
    print(row, {metric: round(value, 4) for metric, value in told.items()}, f"{seconds:.0f} s", flush=True)
    return [
        Row(
            row=row,
            metric=metric,
            value=told[metric],
            spread=float(1.96 * np.std(values, ddof=1) / len(values) ** 0.5) if len(values) > 1 else None,
            reach=reach.get(metric),
            seeds=tuple(seeds),
            of_seeds=tuple(values) if len(values) > 1 else (),
            seconds=seconds,
            peak_mb=peak_mb(),
            command=command,
        )
        for metric, values in figures.items()
    ]

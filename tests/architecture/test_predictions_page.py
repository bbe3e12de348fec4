"""What the page on predictions says is what they are."""

import re
from pathlib import Path

from shopkeeper.adapters.prediction_files import FilePredictions, prediction_of

PAGE = (Path(__file__).parents[2] / "docs" / "explanation" / "prediction.md").read_text()


def test_every_prediction_is_on_the_page_with_what_it_is_not_for() -> None:
    predictions = FilePredictions(Path("nowhere"))
    told = {name: predictions.get(name) for name in predictions.names()}
    assert [n for n, p in told.items() if f"| `{n}` | {p.about} | {p.not_for} |" not in PAGE] == []


def test_the_prediction_of_the_page_can_be_used() -> None:
    (told,) = re.findall(r"```toml\n(about[^`]*model = .*?)```", PAGE, re.DOTALL)
    assert prediction_of(told).horizon_days == 14

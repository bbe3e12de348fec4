"""What the page on predictions says is what they are."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np

from shopkeeper.adapters.label_queries import DuckLabels
from shopkeeper.adapters.prediction_files import FilePredictions, prediction_of
from shopkeeper.prediction.behaviour import Behaviour
from shopkeeper.prediction.outlook import Outlook
from tests.unit.prediction.shops import day, shop

PAGE = (Path(__file__).parents[2] / "docs" / "explanation" / "prediction.md").read_text()


def test_every_prediction_is_on_the_page_with_what_it_is_not_for() -> None:
    predictions = FilePredictions(Path("nowhere"))
    told = {name: predictions.get(name) for name in predictions.names()}
    assert [n for n, p in told.items() if f"| `{n}` | {p.about} | {p.not_for} |" not in PAGE] == []


def test_the_prediction_of_the_page_can_be_used() -> None:
    log = replace(shop(), price_minor=np.full(len(shop()), 6000))
    (told,) = re.findall(r"```toml\n(about[^`]*model = .*?)```", PAGE, re.DOTALL)
    labels = re.findall(r"```toml\n(label_sql = .*?)```", PAGE, re.DOTALL)
    assert len(labels) == 2
    assert prediction_of(told).horizon_days == 14
    for label in labels:
        prediction = prediction_of(re.sub("^label = .*$", label.replace("\\", ""), told, flags=re.MULTILINE))
        assert Outlook.fit(prediction, Behaviour.of(log, {}, DuckLabels()), day(200)).version

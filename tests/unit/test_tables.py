import json
from pathlib import Path

import pytest

from benchmarks.tables import aims_table, best_table, models_table


@pytest.fixture
def area(tmp_path: Path) -> Path:
    """Return an area with one table of our model and a peer's that is better."""
    folder = tmp_path / "shop"
    folder.mkdir()
    for model, value, by, seeds in (("ours", 0.1, None, [0, 1, 2]), ("peers", 0.2, "Their Model", [0])):
        row = {"row": model, "metric": "ndcg@10", "value": value, "spread": None, "reach": None, "peer": None}
        rest = {"peer_value": None, "by": by, "seeds": seeds, "seconds": 1.0, "command": f"run {model}"}
        (folder / f"{model}.json").write_text(json.dumps([row | rest]))
    return tmp_path


def test_a_peer_is_shown_by_its_name_and_its_seeds(area: Path) -> None:
    lines = models_table(area / "shop")

    assert lines[2:4] == ["| *Their Model* (1 seed) | 0.2000 | 1 |", "| `ours` | 0.1000 | 1 |"]
    assert lines[-1] == "Measured by `run ours`, `run peers`."


def test_a_peer_is_never_our_best_model(area: Path) -> None:
    assert best_table(area)[-1] == "| shop | ndcg@10 | `ours` | 0.1000 | - | - |"


def test_what_misses_its_aim_is_shown_and_what_has_none_is_not(tmp_path: Path) -> None:
    row = {"metric": "ratio", "value": 1.5, "spread": None, "peer": None, "peer_value": None, "command": "run"}
    (tmp_path / "a.json").write_text(
        json.dumps([row | {"row": "slow", "reach": 2}, row | {"row": "free", "reach": None}])
    )

    assert aims_table(tmp_path)[2:-2] == ["| slow | ratio | 1.5 | - | 2 | - | - |"]

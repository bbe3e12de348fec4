"""The commands as a person runs them: one small shop from its log to recommendations."""

import json
import sys
from pathlib import Path

import pytest

from shopkeeper.cli import main

EXAMPLE = Path(__file__).parents[3] / "examples" / "user_behavior.csv"


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str | Path) -> int:
    monkeypatch.setattr(sys, "argv", ["shopkeeper", *map(str, arguments)])
    monkeypatch.setenv("COLUMNS", "200")
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    with pytest.MonkeyPatch.context() as monkeypatch:
        assert run(monkeypatch, "import", EXAMPLE, "--store", folder) == 0
        assert run(monkeypatch, "fit", "--model", "item_knn", "--option", "n_neighbors=20", "--store", folder) == 0
    return folder


def test_importing_again_adds_nothing(
    store: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "import", EXAMPLE, "--store", store) == 0
    rows = [line.replace("│", " ").split() for line in capsys.readouterr().out.splitlines() if "│" in line]
    assert [row for row in rows if row[0] in ("accepted", "duplicate")] == [["accepted", "0"], ["duplicate", "25,717"]]


def test_recommends_with_reasons_and_the_history(
    store: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "recommend", "18109", "--model", "item_knn", "--store", store) == 0
    told = capsys.readouterr().out
    assert "The newest of what 18109 did" in told
    assert told.count("Often bought by people who took") == 10


def test_a_stranger_is_recommended_what_is_popular(
    store: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "recommend", "nobody", "--model", "item_knn", "-n", "3", "--store", store) == 0
    told = capsys.readouterr().out
    assert "Nothing is known of nobody" in told
    assert told.count("Popular: ") == 3


def test_evaluates_and_writes_a_report(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    options: list[str | Path] = [
        "--model",
        "svd",
        "--option",
        "svd.factors=16",
        "--tune",
        "1",
        "--out",
        tmp_path / "report",
    ]
    assert run(monkeypatch, "evaluate", *options, "--store", store) == 0
    assert "svd" in capsys.readouterr().out
    report = json.loads((tmp_path / "report" / "report.json").read_text())
    assert report["options"]["svd"]["factors"] == 16
    assert {path.name for path in (tmp_path / "report").iterdir()} == {"report.json", "per_user.csv", "chart.svg"}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["fit", "--model", "user_nn"], "There is no model 'user_nn'; did you mean user_knn"),
        (["fit", "--option", "n_neighbours=3"], "did you mean n_neighbors"),
        (["fit", "--option", "n_neighbors=none"], "n_neighbors"),
        (["fit", "--option", "n_neighbors"], "is not NAME=VALUE"),
        (["fit", "--option", "user_kn.n_neighbors=3"], "did you mean user_knn"),
        (["fit", "--option", "svd.factors=3"], "There is no model among those asked for 'svd'"),
        (["fit", "--option", 'type_weights={"purchas":2}'], "purchas is no event type"),
        (["serve", "--model", "user_nn"], "did you mean user_knn"),
        (["fit", "--types", "purchases"], "did you mean purchase"),
        (["recommend", "1", "--model", "svd"], "shopkeeper fit --model svd"),
        (["evaluate", "--at", "2001-01-01"], "does not divide the interactions"),
        (["import", EXAMPLE, "--as", "taobaoo"], "did you mean taobao"),
        (["import", "nowhere.csv"], "nowhere.csv"),
    ],
)
def test_a_mistake_is_one_sentence(
    arguments: list[str | Path],
    sentence: str,
    store: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(monkeypatch, *arguments, "--store", store) == 1
    told = capsys.readouterr()
    assert told.err.startswith("error: ")
    assert sentence in told.err.replace("\n", " ")
    assert "Traceback" not in told.err


def test_learning_from_nothing_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "fit", "--store", tmp_path) == 1
    assert "shopkeeper import FILE" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["fit"], ["evaluate"], ["recommend", "1"]])
def test_a_slip_in_the_folder_makes_no_shop(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, *command, "--store", tmp_path / "shopp") == 1
    assert "There is no shop in" in capsys.readouterr().err
    assert not (tmp_path / "shopp").exists()

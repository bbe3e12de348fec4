"""`shopkeeper predict` on the example shop, as a person runs it."""

import re
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from shopkeeper.app.stores import open_shop
from tests.unit.cli.test_commands import EXAMPLE, run


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    with pytest.MonkeyPatch.context() as monkeypatch:
        assert run(monkeypatch, "import", EXAMPLE, "--store", folder) == 0
    return folder


def test_lists_what_can_be_asked_a_file_of_the_merchant_included(
    store: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (store / "predictions").mkdir()
    own = 'about = "A look in 14 days"\nnot_for = "prices"\nmodel = "trees"\nlabel = "view"\nhorizon_days = 14\n'
    (store / "predictions" / "look_14d.toml").write_text(own)
    assert run(monkeypatch, "predict", "--store", store) == 0
    told = capsys.readouterr().out
    names = {
        "churn",
        "click_shown",
        "look_14d",
        "next_category",
        "next_event",
        "purchase_30d",
        "purchase_7d",
        "purchase_session",
        "purchase_shown",
        "value_365d",
        "value_90d",
    }
    assert names == set(re.findall(r"^  ([a-z0-9_]+)  ", told, re.MULTILINE)) - {"prediction"}


def test_says_what_a_shopper_will_do_and_why(
    store: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ("predict", "purchase_30d", "18109", "nobody", "--as-of", "2011-12-05", "--store", store)
    assert run(monkeypatch, *command) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert re.search(r"next 30 days: purchase_30d [0-9a-f]{12}, as of 2011-12-05 00:00 UTC", told)
    assert re.search(r"18109 0\.\d+", told)
    assert "nobody - nothing is known of this shopper by then" in told
    assert "Not for prices or credit" in told


def test_writes_everybody_s_scores(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "purchases.parquet"
    assert run(monkeypatch, "predict", "purchase_30d", "--all", "--out", out, "--store", store) == 0
    n, n_told, low, high, versions, times = duckdb.execute(
        f"""SELECT count(*), count(value), min(value), max(value), count(DISTINCT version), count(DISTINCT as_of)
            FROM '{out}'"""
    ).fetchall()[0]
    assert f"Wrote {n:,} scores of purchase_30d" in " ".join(capsys.readouterr().out.split())
    assert 0 < low < high < 1
    assert 0 < n_told <= n
    assert (versions, times) == (1, 1)


def test_draws_how_well_a_prediction_is_calibrated(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "calibration.svg"
    assert run(monkeypatch, "predict", "purchase_30d", "--reliability", out, "--store", store) == 0
    assert "how well purchase_30d" in " ".join(capsys.readouterr().out.split())
    assert "calibration error" in out.read_text()


def test_what_was_fitted_answers_and_the_list_tells_of_it(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "fit", "--prediction", "purchase_30d", "--prediction", "churn", "--store", store) == 0
    told = capsys.readouterr().out
    fitted = dict(re.findall(r"Fitted (\w+) ([0-9a-f]{12}) as of 2011-12-09", told))
    assert set(fitted) == {"purchase_30d"}
    assert "churn is not fitted: There are" in " ".join(told.split())
    assert re.search(r"AUC 0\.\d+, AP 0\.\d+, Brier 0\.\d+, ECE 0\.\d+", " ".join(told.split()))
    version = fitted["purchase_30d"]
    assert run(monkeypatch, "predict", "purchase_30d", "18109", "--store", store) == 0
    assert version in capsys.readouterr().out
    out = tmp_path / "scores.csv"
    assert run(monkeypatch, "predict", "purchase_30d", "--all", "--out", out, "--store", store) == 0
    capsys.readouterr()
    assert {line.rsplit(",", 2)[1] for line in out.read_text().splitlines()[1:]} == {version}
    # Before the moment that was learned from, it is learned anew.
    assert run(monkeypatch, "predict", "purchase_30d", "18109", "--as-of", "2011-12-05", "--store", store) == 0
    assert version not in capsys.readouterr().out
    assert run(monkeypatch, "predict", "--store", store) == 0
    assert version in capsys.readouterr().out


def test_a_segment_is_written_and_listed(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (store / "segments").mkdir()
    (store / "segments" / "best.toml").write_text('about = "Who buys"\nwhere = "not lost and purchases > 5"\n')
    (store / "segments" / "lost.toml").write_text('about = "Gone"\nwhere = "purchase_30d < 0.2"\n')
    (store / "segments" / "odd.toml").write_text('about = "Odd"\nwhere = "odd"\n')
    assert run(monkeypatch, "segments", "--store", store) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "best" in told
    assert "refers to itself" in told
    out = tmp_path / "best.csv"
    assert run(monkeypatch, "segments", "best", "--out", out, "--store", store) == 0
    n = len(out.read_text().splitlines()) - 1
    assert f"Wrote {n:,} who are best as of 2011-12-09" in " ".join(capsys.readouterr().out.split())
    assert 0 < n < 4000
    first = out.read_text().splitlines()[1].partition(",")[0]
    with closing(open_shop(store)) as shop:
        shop.people.change(first, lambda known: known.leaving("best"))
    assert run(monkeypatch, "segments", "best", "--out", out, "--store", store) == 0
    assert (len(out.read_text().splitlines()) - 1, f"\n{first}," in out.read_text()) == (n - 1, False)
    for arguments, why in ((("odd", "--out", out), "odd -> odd"), (("best",), "Give --out"), (("bes",), "Give --out")):
        assert run(monkeypatch, "segments", *arguments, "--store", store) == 1
        assert why in " ".join(capsys.readouterr().err.split())


def test_what_cannot_be_fitted_is_said_and_an_error_where_nothing_could(
    store: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "fit", "--prediction", "next_category", "--store", store) == 1
    told = capsys.readouterr()
    assert "next_category is not fitted: No product of the log has a category" in " ".join(told.out.split())
    assert "No product of the log has a category" in " ".join(told.err.split())
    assert run(monkeypatch, "predict", "--store", store) == 0
    assert "No product" in capsys.readouterr().out


def test_asks_in_the_merchant_s_own_sql(
    store: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write(store, "own", "type = 'purchase' AND item_id IS NOT NULL")
    write(store, "big", "price > 20")
    command = ("predict", "own", "18109", "--as-of", "2011-12-05", "--store", store)
    assert run(monkeypatch, *command) == 0
    assert re.search(r"18109 0\.\d+", " ".join(capsys.readouterr().out.split()))


def write(store: Path, name: str, sql: str) -> None:
    (store / "predictions").mkdir(exist_ok=True)
    text = f'about = "a"\nnot_for = "b"\nmodel = "trees"\nentity = "user"\nhorizon_days = 30\nlabel_sql = "{sql}"\n'
    (store / "predictions" / f"{name}.toml").write_text(text)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("purchase_30d",), "whose scores are wanted"),
        (("purchase_30d", "18109", "--all", "--out", "x.csv"), "whose scores are wanted"),
        (("purchase30d", "18109"), "did you mean purchase_30d"),
        (("churn", "18109", "--as-of", "2001-01-01"), "Nothing had happened by 2001-01-01"),
        (("next_category", "next_event", "18109"), "No product of the log has a category"),
        (("purchase_30d", "18109", "--as-of", "2011-01-15"), "less than three times 30 days"),
        (("click_shown", "18109", "--item", "22423"), "There is no impression by then"),
        (("purchase_30d", "18109", "--item", "22423"), "asked about shoppers alone: name no products"),
        (("big", "18109"), "label_sql cannot be used: Binder Error"),
    ],
)
def test_without_ground_there_is_a_sentence_and_no_number(
    store: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    why: str,
) -> None:
    assert run(monkeypatch, "predict", *arguments, "--store", store) == 1
    answer = capsys.readouterr()
    assert why in " ".join(answer.err.split())
    assert answer.out == ""

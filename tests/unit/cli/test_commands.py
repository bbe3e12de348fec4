"""The commands as a person runs them: one small shop from its log to recommendations."""

import json
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import rmtree

import duckdb
import numpy as np
import pytest
from pydantic import SecretStr

from shopkeeper.adapters.lock_file import held
from shopkeeper.app.stores import open_shop
from shopkeeper.cli import main
from shopkeeper.data.dataset import Dataset
from shopkeeper.data.events import Event, EventType
from shopkeeper.data.exploration import Exploration
from shopkeeper.estimator import Checkpoints
from shopkeeper.kit.money import Money
from shopkeeper.models.popularity import Popularity
from tests.postgres import PostgresServer

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
    # Of a product that too few people took besides, another reason is given.
    assert told.count("Often bought by people who took") > 5
    assert told.count("Often bought by people who took") + told.count("Chosen from what you took") == 10


def test_a_stranger_is_recommended_what_is_popular(
    store: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "recommend", "nobody", "--model", "item_knn", "-n", "3", "--store", store) == 0
    told = capsys.readouterr().out
    assert "Nothing is known of nobody" in told
    assert told.count("Popular: ") == 3


@pytest.mark.parametrize("name", ["letters.csv", "letters.parquet"])
def test_writes_everybodys_lists(
    name: str, store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    options: list[str | Path] = ["--all", "--out", tmp_path / name, "--model", "item_knn", "-n", "3"]
    assert run(monkeypatch, "recommend", *options, "--store", store) == 0
    assert "Wrote 900 products for 300 people" in capsys.readouterr().out
    with duckdb.connect() as connection:
        people, rows, best = connection.execute(
            "SELECT count(DISTINCT shopper_id), count(*), min(position) FROM read_csv($1) WHERE item_id != ''"
            if name.endswith(".csv")
            else "SELECT count(DISTINCT shopper_id), count(*), min(position) FROM read_parquet($1) WHERE item_id != ''",
            [str(tmp_path / name)],
        ).fetchone() or (0, 0, 0)
    assert (people, rows, best) == (300, 900, 1)
    assert [path.name for path in tmp_path.iterdir()] == [name]


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


def test_tells_how_models_would_have_done_in_places_that_explored(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each was clicked on once in two times, so that this is what any model would have brought."""
    folder = tmp_path / "shop"
    shutil.copytree(store, folder)
    assert run(monkeypatch, "explored", "--store", folder) == 1
    assert "Somebody saw 0 places that explored, and 200 are needed" in capsys.readouterr().err
    with closing(open_shop(folder)) as shop:
        pool = dict.fromkeys(list(shop.events.log().items)[:2], 0.5)
        now, items = datetime(2030, 1, 1, tzinfo=UTC), list(pool)
        shop.explorations.add(
            [Exploration(f"r{n}", items[n % 2], 7, 0.5, pool, now + timedelta(minutes=n)) for n in range(800)]
        )
        shop.events.append(
            [
                Event(
                    event_id=f"{kind} {n}",
                    type=kind,
                    at=now + timedelta(minutes=n),
                    visitor_id="v",
                    item_id=items[n % 2],
                    recommendation_id=f"r{n}",
                )
                for n in range(800)
                for kind in ((EventType.IMPRESSION, EventType.CLICK) if n % 4 < 2 else (EventType.IMPRESSION,))
            ]
        )
    assert run(monkeypatch, "explored", "--model", "item_knn", "--model", "popularity", "--store", folder) == 0
    told = capsys.readouterr().out
    assert "800 places that explored and were seen, from 2030-01-01 on" in told
    for name in ("as it was", "chance", "item_knn", "popularity"):
        assert re.search(rf"{name} +0\.5000 \(0\.4[5-7]\d\d to 0\.5[3-5]\d\d\)", told)


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
        (["serve", "gateway"], "set SHOPKEEPER_EVENTS_URL, SHOPKEEPER_CATALOG_URL, SHOPKEEPER_RECOMMENDATIONS_URL"),
        (["serve", "--port", "99999"], "SHOPKEEPER_PORT: Input should be less than or equal to 65535"),
        (["worker", "--model", "user_nn"], "did you mean user_knn"),
        (["fit", "--metric", "ncdg@10"], "did you mean ndcg@10"),
        (["fit", "--metric", "ndcg@0"], "There is no metric"),
        (["fit", "--types", "purchases"], "did you mean purchase"),
        (["recommend", "1", "--model", "svd"], "shopkeeper fit --model svd"),
        (["recommend", "1", "--filter", "pric < 3"], "filter: character 1: there is no field 'pric'"),
        (["recommend", "1", "--scenario", "hom"], "did you mean home"),
        (["recommend"], "Name a user, or give --all with --out FILE"),
        (["recommend", "--all", "--out", "letters.txt"], "neither .csv nor .parquet"),
        (["evaluate", "--at", "2001-01-01"], "does not divide the interactions"),
        (["import", EXAMPLE, "--as", "taobaoo"], "did you mean taobao"),
        (["import", "nowhere.csv"], "nowhere.csv"),
        (["import", EXAMPLE, "--currency", "EUR"], "--map currency==EUR"),
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


def test_versions_are_listed_and_the_one_before_can_be_served_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "import", EXAMPLE, "--store", tmp_path) == 0
    for neighbours in (20, 30):
        options = ("--model", "item_knn", "--option", f"n_neighbors={neighbours}", "--store", tmp_path)
        assert run(monkeypatch, "fit", *options) == 0
    capsys.readouterr()
    assert run(monkeypatch, "models", "list", "--store", tmp_path) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines() if line.strip().startswith("item_knn")]
    assert [row[-1] == "yes" for row in rows] == [True, False]
    assert "ndcg@10" in rows[0]
    assert run(monkeypatch, "models", "rollback", "item_knn", "--store", tmp_path) == 0
    with closing(open_shop(tmp_path)) as shop:
        assert shop.models.current("item_knn") == rows[1][1]
    assert run(monkeypatch, "models", "rollback", "item_knn", "--store", tmp_path) == 1
    assert "No version of item_knn before" in capsys.readouterr().err
    assert run(monkeypatch, "models", "promote", "item_knn", rows[0][1], "--store", tmp_path) == 0
    with closing(open_shop(tmp_path)) as shop:
        assert shop.models.current("item_knn") == rows[0][1]


def test_what_is_worse_than_popularity_is_not_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "import", EXAMPLE, "--store", tmp_path) == 0
    bad = ("fit", "--option", "user_knn.popularity_damping=3.0", "--store", tmp_path)
    assert run(monkeypatch, *bad) == 1
    assert "worse than popularity" in capsys.readouterr().err
    with closing(open_shop(tmp_path)) as shop:
        assert shop.models.names() == []
    assert run(monkeypatch, *bad, "--no-check") == 0


def test_the_worker_refuses_what_fit_refuses_and_keeps_its_options(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "import", EXAMPLE, "--store", tmp_path) == 0
    bad = ("--option", "user_knn.popularity_damping=3.0", "--no-check")
    assert run(monkeypatch, "fit", *bad, "--store", tmp_path) == 0
    (tmp_path / "more.csv").write_text("user_id,item_id,type,timestamp\nnew,22423,view,1700000000\n")
    assert run(monkeypatch, "import", tmp_path / "more.csv", "--store", tmp_path) == 0
    with closing(open_shop(tmp_path)) as shop:
        before = [shop.models.current(name) for name in ("user_knn", "popularity")]
        monkeypatch.setenv("SHOPKEEPER_REFIT_HOURS", "1e-9")
        assert run(monkeypatch, "worker", "--once", "--store", tmp_path) == 0
        assert "refit: user_knn is worse than popularity" in capsys.readouterr().out
        assert [shop.models.current(name) for name in ("user_knn", "popularity")] == before
        assert run(monkeypatch, "fit", "--store", tmp_path) == 0
        good = shop.models.current("user_knn")
        (tmp_path / "more.csv").write_text("user_id,item_id,type,timestamp\nother,22423,view,1700000000\n")
        assert run(monkeypatch, "import", tmp_path / "more.csv", "--store", tmp_path) == 0
        assert run(monkeypatch, "worker", "--once", "--store", tmp_path) == 0
        assert shop.models.current("user_knn") not in (good, before[0])


def test_one_worker_is_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    open_shop(tmp_path).close()
    with held(tmp_path / "worker.lock", "taken"):
        assert run(monkeypatch, "worker", "--once", "--store", tmp_path) == 1
    assert "Another worker is at work" in capsys.readouterr().err


def test_the_worker_of_a_shop_that_forgot_who_was_erased_does_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "import", EXAMPLE, "--store", tmp_path) == 0
    assert run(monkeypatch, "people", "erase", "17850", "--yes", "--store", tmp_path) == 0
    rmtree(tmp_path / "apart")
    assert run(monkeypatch, "worker", "--once", "--store", tmp_path) == 1
    assert "bring the copy of it back" in capsys.readouterr().err


def test_a_killed_fit_leaves_a_checkpoint_and_a_finished_one_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(
        self: Popularity, data: Dataset, checkpoints: Checkpoints, *, rng: object = None, on_progress: object = None
    ) -> Popularity:
        del self, data, rng, on_progress
        assert (checkpoints.load() is None) == (kept == [])
        kept.append(checkpoints)
        checkpoints.save({"epoch": np.asarray(1)})
        raise KeyboardInterrupt

    kept: list[Checkpoints] = []
    assert run(monkeypatch, "import", EXAMPLE, "--store", tmp_path) == 0
    fit = ("fit", "--model", "popularity", "--store", tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(Popularity, "resume", killed)
        assert [run(patched, *fit) for _ in range(2)] == [130, 130]
    assert (tmp_path / "checkpoints" / "popularity.npz").exists()
    assert run(monkeypatch, *fit) == 0
    assert not (tmp_path / "checkpoints" / "popularity.npz").exists()


def test_of_several_files_each_ones_fate_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad.csv").write_text("name,colour\na,b\n")
    files = (EXAMPLE, tmp_path / "bad.csv", tmp_path / "c.csv")
    assert run(monkeypatch, "import", *files, "--store", tmp_path / "shop") == 1
    told = " ".join(capsys.readouterr().err.split())
    assert "has the columns name, colour" in told
    assert told.endswith(f"Imported before it: {EXAMPLE}. Not tried: {tmp_path / 'c.csv'}.")


def test_importing_here_leaves_the_shop_itself_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "log.csv").write_text("user_id,item_id,type,timestamp\nu1,i1,view,1600000000\nu1,i1,stare,1600000000\n")
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        assert run(monkeypatch, "import", ".", "--max-rejects", "0.5") == 0


def test_products_tell_rejects_and_prices_without_currency(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "products.csv"
    file.write_text("Handle,Title,Vendor,Variant Price\nlamp,Lamp,Acme,21.90\nrug,,Acme,5\n")
    options = ("--catalog", "--max-rejects", "0.5", "--store", tmp_path / "shop")
    command: tuple[str | Path, ...] = ("import", file, *options)
    assert run(monkeypatch, *command) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert f"1 rejected (see {tmp_path / 'shop' / 'rejects' / 'products.csv.csv'})" in told
    assert told.count("without a currency") == 1
    assert run(monkeypatch, *command, "--currency", "eur") == 0
    assert "without a currency" not in capsys.readouterr().out
    with closing(open_shop(tmp_path / "shop")) as shop:
        assert shop.catalog.get(["lamp"])["lamp"].price == Money(2190, "EUR")
    assert run(monkeypatch, *command, "--currency", "euro") == 1
    assert "'EURO' is not the ISO 4217 code" in capsys.readouterr().err


def test_a_shop_in_postgres_leaves_no_database_in_its_folder(
    tmp_path: Path,
    postgres: PostgresServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    address = postgres.new_database()
    monkeypatch.setenv("SHOPKEEPER_DATABASE_URL", address)
    assert run(monkeypatch, "import", EXAMPLE, "--store", tmp_path / "shop") == 0
    (tmp_path / "products.csv").write_text("item_id,title,stock\nlamp,Lamp,3\n")
    assert run(monkeypatch, "import", tmp_path / "products.csv", "--catalog", "--store", tmp_path / "shop") == 0
    assert run(monkeypatch, "models", "list", "--store", tmp_path / "shop") == 0
    with closing(open_shop(tmp_path / "shop", SecretStr(address))) as shop:
        assert [(product.title, product.stock) for product in shop.catalog.all()] == [("Lamp", 3)]
    assert not (tmp_path / "shop" / "shop.sqlite").exists()
    assert run(monkeypatch, "demo") == 1
    monkeypatch.setenv("SHOPKEEPER_DATABASE_URL", f"{address}-that-is-not-there")
    assert run(monkeypatch, "models", "list", "--store", tmp_path / "shop") == 1
    told = " ".join(capsys.readouterr().err.split())
    assert ("No such file" in told, "secret" in told) == (True, False)


def test_ctrl_c_is_one_line_and_leaves_the_store_as_before(tmp_path: Path) -> None:
    file, shop = tmp_path / "log.csv", tmp_path / "shop"
    lines = (f"u{row % 9973},i{row % 997},view,{1_600_000_000 + row}\n" for row in range(600_000))
    file.write_text("user_id,item_id,type,timestamp\n" + "".join(lines))
    command = [
        sys.executable,
        "-c",
        # A shell's background jobs ignore Ctrl-C, and so would a child of tests that run as one.
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "from shopkeeper.cli import main; main()",
        "import",
        str(file),
        "--store",
        str(shop),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        while not (shop / "history" / "lock").exists():
            time.sleep(0.01)
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
    assert process.returncode == 130
    assert ("Stopped before" in out, err) == (True, "")
    assert [path.name for path in (shop / "history").iterdir()] == ["lock"]


def test_learning_from_nothing_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "fit", "--store", tmp_path) == 1
    assert "shopkeeper import FILE" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["fit"], ["evaluate"], ["recommend", "1"], ["worker"]])
def test_a_slip_in_the_folder_makes_no_shop(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, *command, "--store", tmp_path / "shopp") == 1
    assert "There is no shop in" in capsys.readouterr().err
    assert not (tmp_path / "shopp").exists()

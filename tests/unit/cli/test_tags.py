"""Tagging from the command line: files without a server, labels, and the queue by keys."""

import csv
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from shopkeeper.app.stores import open_shop
from shopkeeper.cli import command_line
from shopkeeper.data.catalog import Product
from shopkeeper.data.reviews import Action
from shopkeeper.data.tags import CATEGORY
from shopkeeper.kit.errors import InvalidInput
from shopkeeper.testing.catalog_tags_suite import TREE

HEAD = "item_id,title,description,category\n"


@pytest.fixture(autouse=True)
def _without_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOPKEEPER_ENCODER", "none")


def run(*args: str | Path, typed: str = "") -> str:
    result = CliRunner().invoke(command_line(), [str(arg) for arg in args], input=typed)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return " ".join(result.output.split())


def tagged(folder: Path, rows: str, *options: str | Path) -> dict[str, dict[str, str]]:
    (folder / "products.csv").write_text(HEAD + rows, encoding="utf-8")
    run("tag", folder / "products.csv", "-o", folder / "tagged.csv", *options)
    with (folder / "tagged.csv").open(encoding="utf-8", newline="") as file:
        return {row["item_id"]: row for row in csv.DictReader(file)}


def shop_with_tree(store: Path) -> Path:
    with closing(open_shop(store)) as shop:
        shop.catalog.upsert([Product(item_id="mug", title="Red mug"), Product(item_id="lamp", title="Glass lamp")])
    (store / "taxonomy.csv").write_text(TREE, encoding="utf-8")
    return store


def test_a_file_is_tagged_by_its_own_categories(tmp_path: Path) -> None:
    rows = tagged(tmp_path, "1,Red mug,,Home > Mugs\n2,Desk lamp,,Home > Lamps\n3,Blue mug,,\n")
    assert (rows["1"]["category"], rows["1"]["category_band"]) == ("Home > Mugs", "merchant")
    assert (rows["3"]["category"], rows["3"]["category_band"]) == ("Home > Mugs", "review")
    assert "colour: blue" in rows["3"]["to_review"]
    assert not list(tmp_path.glob(".*partial"))


def test_a_file_is_tagged_by_a_tree_before_there_are_labels(tmp_path: Path) -> None:
    (tmp_path / "taxonomy.csv").write_text(TREE, encoding="utf-8")
    rows = tagged(tmp_path, "1,Mugs for tea,,\n2,红色马克杯,,\n", "--tree", tmp_path / "taxonomy.csv")
    assert [row["category_id"] for row in rows.values()] == ["mugs", "mugs"]


def test_odd_texts_have_a_defined_answer(tmp_path: Path) -> None:
    html = "<p>A <b>lamp</b><script>mug()</script></p>" + "x" * 100_000
    known = "1,Mug,,Home > Mugs\n2,Lamp,,Home > Lamps\n"
    rows = tagged(tmp_path, f"{known}3,x,,\n4,💡🕯️,,\n5,<b>Lamp</b>,{html},\n6,台灯 Lamp лампа,,\n7,…,,\n")
    assert {row["category"] for row in (rows["5"], rows["6"])} == {"Home > Lamps"}
    assert [(rows[one]["category"], rows[one]["category_band"]) for one in ("4", "7")] == [("", "blank"), ("", "blank")]
    assert rows["3"]["category_band"] in ("review", "blank")


def test_rows_that_are_no_products_are_told_with_their_lines(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(HEAD + "1,Mug 💡,,Home\n2,,,\n", encoding="utf-8")
    told = run("tag", tmp_path / "p.csv", "-o", tmp_path / "out.csv")
    assert "p.csv, line 3: no title" in told
    (tmp_path / "none.csv").write_text(HEAD + "2,,,\n", encoding="utf-8")
    with pytest.raises(InvalidInput, match="holds no products"):
        run("tag", tmp_path / "none.csv", "-o", tmp_path / "out.csv")


def test_a_tree_with_a_cycle_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("id,parent_id,name\na,b,A\nb,a,B\n")
    (tmp_path / "p.csv").write_text(HEAD + "1,Mug,,\n")
    with pytest.raises(InvalidInput, match="a -> b -> a are each other's parents"):
        run("tag", tmp_path / "p.csv", "-o", tmp_path / "out.csv", "--tree", tmp_path / "t.csv")


def test_two_categories_of_one_name_are_two(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("id,parent_id,name\nh,,Home\nt,,Toys\nh1,h,Sets\nt1,t,Sets\n")
    rows = tagged(tmp_path, "1,Home sets,,\n2,Toys sets,,\n", "--tree", tmp_path / "t.csv")
    assert [row["category_id"] for row in rows.values()] == ["h1", "t1"]


def test_a_killed_run_goes_on_where_it_was(tmp_path: Path) -> None:
    lines = [f"{n},{'Mug' if n % 2 else 'Lamp'} number {n},,{'Home > Mugs' if n == 1 else ''}" for n in range(4000)]
    (tmp_path / "p.csv").write_text(HEAD + "\n".join(lines) + "\n0x,Lamp,,Home > Lamps\n")
    whole, out = tmp_path / "whole.csv", tmp_path / "out.csv"
    command = [str(Path(sys.executable).parent / "shopkeeper"), "tag", str(tmp_path / "p.csv"), "-o", str(out)]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    rows = tmp_path / ".out.csv.partial" / "rows.csv"
    while running.poll() is None and not (rows.exists() and rows.stat().st_size > 1000):
        time.sleep(0.01)
    running.kill()
    running.wait()
    assert not out.exists()
    begun = rows.read_bytes()
    with rows.open("ab") as file:
        file.write(b'9999,"a line that was not')
    run("tag", tmp_path / "p.csv", "-o", out)
    run("tag", tmp_path / "p.csv", "-o", whole)
    assert out.read_bytes() == whole.read_bytes()
    assert out.read_bytes().startswith(begun[: begun.rfind(b"\n")])


def test_labels_are_taken_from_a_file_all_or_none(tmp_path: Path) -> None:
    store = shop_with_tree(tmp_path / "shop")
    labels = tmp_path / "labels.csv"
    labels.write_text("item_id,category\nmug,Home > Mugs\nlamp,lamp\n")
    with pytest.raises(InvalidInput, match=r"line 3: There is no category 'lamp'; did you mean lamps\?.*Nothing was"):
        run("tags", "label", labels, "--store", store)
    labels.write_text("item_id,category\nmug,Home > Mugs\nnowhere,lamps\n")
    with pytest.raises(InvalidInput, match="line 3: there is no product 'nowhere'"):
        run("tags", "label", labels, "--store", store)
    labels.write_text("item_id,category\nmug,Home > Mugs\nlamp,lamps\n")
    assert "2 labels" in run("tags", "label", labels, "--by", "ann", "--store", store)
    assert "0 labels" in run("tags", "label", labels, "--by", "ann", "--store", store)
    told = run("tags", "fit", "--store", store)
    assert "category" in told
    with closing(open_shop(store)) as shop:
        assert shop.catalog.get(["lamp"])["lamp"].categories == ("Home > Lamps",)


def test_the_queue_is_worked_off_by_keys(tmp_path: Path) -> None:
    store = shop_with_tree(tmp_path / "shop")
    run("tags", "fit", "--store", store)
    told = run("tags", "review", "--name", "category", "--by", "ann", "--store", store, typed="aftoys\n")
    assert "Nothing more to look at; 2 decided." in told
    with closing(open_shop(store)) as shop:
        decided = shop.tags.decided(["mug", "lamp"])
    actions = sorted((names[CATEGORY].action, names[CATEGORY].by) for names in decided.values())
    assert actions == [(Action.ACCEPT, "ann"), (Action.FIX, "ann")]
    assert "Of the last 2 that persons looked at, 50% were accepted." in run("tags", "list", "--store", store)


def test_who_quits_has_decided_nothing_more(tmp_path: Path) -> None:
    store = shop_with_tree(tmp_path / "shop")
    run("tags", "fit", "--store", store)
    assert "0 decided; 2 wait." in run("tags", "review", "--name", "category", "--store", store, typed="q")

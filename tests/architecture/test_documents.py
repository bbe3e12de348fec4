"""What the documents say is what the code does."""

import re
from pathlib import Path

import pytest

from benchmarks import tables
from shopkeeper.cli import command_line

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def test_tables_are_generated_from_the_results() -> None:
    assert [page for page in tables.PAGES if tables.fill(text := (ROOT / page).read_text()) != text] == []


def test_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= 150


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text())
    inside = [link for link in links if "://" not in link]
    assert [link for link in inside if not (page.parent / link).exists()] == []


def test_the_example_of_the_readme_runs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    exec(compile(code, "README.md", "exec"), {})
    shape, recall, *products = capsys.readouterr().out.splitlines()
    assert (shape, "user_knn" in recall, len(products)) == ("(300, 2705)", True, 10)


def test_the_example_of_choosing_a_model_runs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    page = (ROOT / "docs" / "how-to" / "choose-a-model.md").read_text()
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    exec(compile(code.replace("seconds=5", "seconds=0.1"), "choose-a-model.md", "exec"), {})
    assert capsys.readouterr().out.split()[0] in ("blend", "item_knn", "popularity")


def test_the_shipped_example_is_that_of_the_readme() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    shipped = (ROOT / "examples" / "classic_flow.py").read_text()
    assert code.splitlines()[2:] == [
        line.replace('Path(__file__).parent / "user_behavior.csv"', '"examples/user_behavior.csv"')
        for line in shipped.splitlines()[6:]
    ]


def test_the_shelf_of_the_readme_is_that_of_the_tutorial() -> None:
    (shelf,) = re.findall(r"```html\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    tutorial = (ROOT / "docs" / "tutorials" / "first-shop.md").read_text()
    assert [line for line in shelf.splitlines() if line not in tutorial.splitlines()] == []


def test_the_example_of_signing_a_customer_runs(capsys: pytest.CaptureFixture[str]) -> None:
    (code,) = re.findall(
        r"```python\n(.*?)```", (ROOT / "docs" / "how-to" / "keys-and-shops.md").read_text(), re.DOTALL
    )
    exec(compile(code, "keys-and-shops.md", "exec"), {})
    assert re.fullmatch(r"1f0c8a37d2b94e65\.\d{10}\.[0-9a-f]{64}\n", capsys.readouterr().out)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_in_the_documents_exist(page: Path) -> None:
    blocks = "\n".join(re.findall(r"```sh\n(.*?)```", page.read_text(), re.DOTALL))
    app = command_line()
    known = {command.name for command in app.registered_commands} | {group.name for group in app.registered_groups}
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"^(?:\.venv/bin/)?shopkeeper (\w+)", blocks, re.MULTILINE)) <= known
    named = {target for line in re.findall(r"^make ([a-z0-9 -]+)", blocks, re.MULTILINE) for target in line.split()}
    assert named <= targets


@pytest.mark.parametrize("decision", sorted((ROOT / "docs" / "decisions").glob("*.md")), ids=lambda path: path.name)
def test_decisions_are_short(decision: Path) -> None:
    assert len(decision.read_text().splitlines()) <= 40

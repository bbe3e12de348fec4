"""Walls that import-linter and ruff cannot express."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import shopkeeper

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "src" / "shopkeeper").rglob("*.py"))


def test_importing_the_package_loads_nothing_heavy() -> None:
    heavy = "numpy scipy numba duckdb fastapi sqlalchemy pydantic typer".split()
    code = f"import sys, shopkeeper; print([name for name in {heavy} if name in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


def test_importing_the_client_loads_nothing_of_the_engine() -> None:
    heavy = "numpy scipy numba duckdb fastapi starlette sqlalchemy typer".split()
    code = f"import sys, shopkeeper.client; print([name for name in {heavy} if name in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


@pytest.mark.parametrize("name", shopkeeper.__all__)
def test_every_public_name_can_be_loaded(name: str) -> None:
    assert getattr(shopkeeper, name) is not None


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_outgrows_one_sitting(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 500


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_module_says_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text()))

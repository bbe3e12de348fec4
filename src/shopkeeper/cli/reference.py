"""Write the reference pages of what can be read from the code: `python -m shopkeeper.cli.reference`."""

import inspect
from collections.abc import Mapping
from pathlib import Path

import typer
from pydantic.fields import FieldInfo
from typer.cli import get_docs_for_click

from shopkeeper import models
from shopkeeper.cli import command_line
from shopkeeper.estimator import InteractionConfig

FOLDER = Path("docs/reference")


def models_page() -> str:
    """Return all models with their formulas and options, from their docstrings and configs."""
    shared = InteractionConfig.model_fields
    lines = ["# Models", "", "Every model is one file in `models/`; its name is the file's.", ""]
    for name in models.names():
        model = models.find(name)
        lines += [f"## {name}", "", inspect.getdoc(model) or "", ""]
        own = {option: field for option, field in model.Config.model_fields.items() if option not in shared}
        lines += _options(own) if own else ["No options besides the shared ones.", ""]
    lines += ["## Options of all models", "", inspect.getdoc(InteractionConfig) or "", "", *_options(shared)]
    return "\n".join(lines)


def _options(fields: Mapping[str, FieldInfo]) -> list[str]:
    rows = ["| option | default | what it does |", "|---|---|---|"]
    for option, field in fields.items():
        text = " ".join((field.description or "").split())
        rows.append(f"| `{option}` | `{field.default}` | {text} |")
    return [*rows, ""]


def cli_page() -> str:
    """Return all commands with their options, from their signatures."""
    command = typer.main.get_command(command_line())
    context = typer.Context(command, info_name="shopkeeper")
    return get_docs_for_click(obj=command, ctx=context, name="shopkeeper", title="Command line").strip() + "\n"


PAGES = {"models.md": models_page, "cli.md": cli_page}


def main() -> None:
    """Write all pages."""
    for name, page in PAGES.items():
        (FOLDER / name).write_text(page())


if __name__ == "__main__":
    main()

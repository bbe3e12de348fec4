"""What is deployed runs commands and settings that there are."""

import re
from pathlib import Path
from typing import get_args

import pytest
import typer
import yaml

from shopkeeper.app.assemble import PORTS, Part
from shopkeeper.app.personal import APART
from shopkeeper.app.settings import Settings
from shopkeeper.cli import command_line

DEPLOY = Path(__file__).parents[2] / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
OURS = {name: service for name, service in COMPOSE["services"].items() if service["image"] == "shopkeeper"}


def accepted(words: list[str]) -> bool:
    """Whether the command line would take these words: their arguments are read, nothing is run."""
    group = typer.main.get_command(command_line())
    with group.make_context("shopkeeper", words, resilient_parsing=False) as context:
        name, command, rest = group.resolve_command(context, words)  # type: ignore[attr-defined]  # a group of commands
        return bool(command.make_context(name, rest, parent=context))


@pytest.mark.parametrize("name", OURS)
def test_every_service_runs_a_command_that_there_is(name: str) -> None:
    assert accepted(OURS[name]["command"])


@pytest.mark.parametrize("unit", sorted(DEPLOY.glob("*.service")), ids=lambda path: path.name)
def test_every_unit_runs_a_command_that_there_is(unit: Path) -> None:
    (command,) = re.findall(r"^ExecStart=/opt/shopkeeper/bin/shopkeeper (.*)$", unit.read_text(), re.MULTILINE)
    assert accepted(command.split())


@pytest.mark.parametrize("file", sorted(path for path in DEPLOY.iterdir()), ids=lambda path: path.name)
def test_every_variable_is_a_setting(file: Path) -> None:
    named = set(re.findall(r"SHOPKEEPER_([A-Z_]+)\b(?=[=:\s])", file.read_text()))
    assert {name.lower() for name in named} <= set(Settings.model_fields)


@pytest.mark.parametrize("name", OURS)
def test_who_was_erased_is_on_a_volume_of_its_own(name: str) -> None:
    volumes = dict(volume.split(":", 1) for volume in OURS[name]["volumes"])
    image = (DEPLOY / "Dockerfile").read_text()
    (folder,) = re.findall(r"SHOPKEEPER_STORE=(\S+)", image)
    assert volumes == {"shop": folder, "apart": f"{folder}/{APART}"}
    assert volumes.keys() <= COMPOSE["volumes"].keys()
    # A new volume takes its owner from the image.
    assert re.search(rf"install -d -o shopkeeper .*{folder}/{APART}\n", image)


@pytest.mark.parametrize("unit", sorted(DEPLOY.glob("*.service")), ids=lambda path: path.name)
def test_a_unit_may_write_its_store_and_with_it_who_was_erased(unit: Path) -> None:
    text = unit.read_text()
    (store,), (state,) = (
        re.findall(r"SHOPKEEPER_STORE=(\S+)", text),
        re.findall(r"^StateDirectory=(.*)$", text, re.MULTILINE),
    )
    assert store == f"/var/lib/{state}"


def test_apart_every_service_runs_and_knows_the_others() -> None:
    parts = {service["command"][1] for service in OURS.values() if len(service["command"]) > 1}
    assert parts == {part for kind in get_args(Part) for part in (get_args(kind) or (kind,))} == set(PORTS)
    for part in parts - {"gateway"}:
        assert OURS["gateway"]["environment"][f"SHOPKEEPER_{part.upper()}_URL"] == f"http://{part}:8000"

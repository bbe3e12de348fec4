"""Write the reference pages of what can be read from the code: `python -m shopkeeper.cli.reference`."""

import inspect
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

import typer
from pydantic.fields import FieldInfo
from typer.cli import get_docs_for_click

from shopkeeper import models
from shopkeeper.adapters.memory import MemoryKeyStore
from shopkeeper.app.assemble import services_of, web_app
from shopkeeper.app.scopes import FOR_PAGES, NEEDED
from shopkeeper.app.settings import Settings
from shopkeeper.app.stores import open_shop
from shopkeeper.cli import command_line
from shopkeeper.estimator import InteractionConfig
from shopkeeper.kit.clock import utc_now
from shopkeeper.services.keys.service import KeyService

FOLDER = Path("docs/reference")


def models_page() -> str:
    """Return all models with their formulas and options, from their docstrings and configs."""
    shared = InteractionConfig.model_fields
    lines = ["# Models", "", "Every model is one file in `models/`; its name is the file's.", "", *_capabilities()]
    for name in models.names():
        model = models.find(name)
        lines += [f"## {name}", "", inspect.getdoc(model) or "", ""]
        fields = model.Config.model_fields
        own = {
            option: fields[option]
            for option in fields
            if option not in shared or fields[option].default != shared[option].default
        }
        lines += _options(own) if own else ["No options besides the shared ones.", ""]
    lines += ["## Options of all models", "", inspect.getdoc(InteractionConfig) or "", "", *_options(shared)]
    return "\n".join(lines)


def _capabilities() -> list[str]:
    """Return what each model can, as the models say and the suite checks."""
    heads = [field.title for field in models.Capabilities.model_fields.values()]
    lines = [f"| model | {' | '.join(map(str, heads))} |", f"|---|{'---|' * len(heads)}"]
    for name in models.names():
        can = (value for _, value in models.capabilities(name))
        told = (value if isinstance(value, str) else "yes" if value else "" for value in can)
        lines.append(f"| [{name}](#{name}) | {' | '.join(told)} |")
    return [*lines, "", *_FOR_ALL, ""]


_FOR_ALL = (
    "Of all models: somebody new is served from the first event on, and before it with what is popular, since a model",
    "scores a history and not a user id; a new event counts with the next request, without a fit. Erasure is exact:",
    "the same data and seed give the same bytes, so a fit without a person is that of a shop that never knew them.",
)


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


def settings_page() -> str:
    """Return all settings with their variables, from the settings themselves."""
    rows = ["| variable | default | what it does |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        rows.append(f"| `SHOPKEEPER_{name.upper()}` | `{field.default}` | {field.description} |")
    return "\n".join(["# Settings", "", inspect.getdoc(Settings) or "", "", *rows, ""])


def api_page() -> str:
    """Return all routes with what they take and give, from the application's own description."""
    with TemporaryDirectory() as folder, closing(open_shop(Path(folder))) as shop:
        told = web_app(services_of(shop, Settings()), keys=KeyService(MemoryKeyStore(), utc_now)).openapi()
    lines = [
        "# HTTP API",
        "",
        "`GET /openapi.json` is the whole description, for tools. Failures are problem details (RFC 9457): `title`,",
        "`status`, a `code` that stays the same, a `detail` that can be shown to people, and the `request_id`: the",
        "X-Request-Id that was sent, or else made, and that every answer has as a header.",
        "",
        "A key is sent as `Authorization: Bearer sk_…` or as `X-API-Key`, and needs the scope that a route names. How",
        "they are made, what refusals mean, and how a page signs whom it names (`X-User-Signature`):",
        "[keys, and several shops](../how-to/keys-and-shops.md).",
        "",
    ]
    needed = {(method, path.replace(":path", "")): scope for (method, path), scope in NEEDED.items()}
    open_to_pages = {(method, path.replace(":path", "")) for method, path in FOR_PAGES}
    for path, methods in told["paths"].items():
        for method, route in methods.items():
            lines += [f"## {method.upper()} {path}", "", route["description"], ""]
            if scope := needed.get((method.upper(), path), "all scopes"):
                of_pages = (method.upper(), path) in open_to_pages
                lines += [f"Needs `{scope}`; a publishable key will do." if of_pages else f"Needs `{scope}`.", ""]
            if "requestBody" in route:
                lines += [f"Takes {_schema(route['requestBody']['content'])}.", ""]
            parameters = [
                f"* `{one['name']}`: {one.get('description', 'part of the path.')}"
                for one in route.get("parameters", [])
            ]
            lines += [*parameters, ""] if parameters else []
            good = next(code for code in route["responses"] if code.startswith("2"))
            content = route["responses"][good].get("content")
            lines += [f"Gives {good}, {_schema(content) if content else 'nothing'}.", ""]
    lines += ["# What is taken and given", ""]
    for name, schema in told["components"]["schemas"].items():
        if "properties" in schema and not name.endswith(("ValidationError", "Problem")):
            lines += [
                f"## {name}",
                "",
                schema.get("description", ""),
                "",
                "| field | type | meaning |",
                "|---|---|---|",
            ]
            required = schema.get("required", [])
            for field, about in schema["properties"].items():
                mark = " (required)" if field in required else ""
                lines.append(f"| `{field}`{mark} | {_type(about)} | {about.get('description', '')} |")
            lines.append("")
    return "\n".join(lines)


def _schema(content: dict[str, dict[str, dict[str, object]]]) -> str:
    return _type(next(iter(content.values()))["schema"])


def _type(about: dict[str, object]) -> str:
    options = about.get("anyOf", about.get("oneOf"))
    if isinstance(options, list):
        return " or ".join(_type(option) for option in options if option != {"type": "null"})
    if "enum" in about:
        return ", ".join(f"`{value}`" for value in cast("list[str]", about["enum"]))
    if "$ref" in about:
        name = str(about["$ref"]).rpartition("/")[2]
        return "any JSON" if name == "JsonValue" else f"[{name}](#{name.lower()})"
    if about.get("type") == "array":
        return f"list of {_type(cast('dict[str, object]', about['items']))}"
    return str(about.get("format") or about.get("type"))


PAGES = {"models.md": models_page, "cli.md": cli_page, "settings.md": settings_page, "api.md": api_page}


def main() -> None:
    """Write all pages."""
    for name, page in PAGES.items():
        (FOLDER / name).write_text(page())


if __name__ == "__main__":
    main()

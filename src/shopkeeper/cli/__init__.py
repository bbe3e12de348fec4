"""The command line: one file per command, each a thin layer over what the package offers."""

import sys

import typer
from rich.console import Console
from rich.markup import escape

from shopkeeper.kit.errors import ShopkeeperError


def command_line() -> typer.Typer:
    """Return all commands; their modules are loaded here, not when the package is imported."""
    from shopkeeper.cli import coupons, insights, keys, people, quarantine, shops, tags
    from shopkeeper.cli.demo import demo_command
    from shopkeeper.cli.doctor import doctor_command
    from shopkeeper.cli.evaluate import evaluate_command
    from shopkeeper.cli.explored import explored_command
    from shopkeeper.cli.fit import fit_command
    from shopkeeper.cli.import_ import import_command
    from shopkeeper.cli.models import list_command, promote_command, rollback_command
    from shopkeeper.cli.predict import predict_command
    from shopkeeper.cli.recommend import recommend_command
    from shopkeeper.cli.segments import segments_command
    from shopkeeper.cli.serve import serve_command
    from shopkeeper.cli.tag import tag_command
    from shopkeeper.cli.worker import worker_command

    app = typer.Typer(
        name="shopkeeper",
        help="The personalisation engine that a shop runs itself.",
        no_args_is_help=True,
        pretty_exceptions_show_locals=False,
        rich_markup_mode="rich",
    )
    app.command("import")(import_command)
    app.command("evaluate")(evaluate_command)
    app.command("explored")(explored_command)
    app.command("fit")(fit_command)
    versions = typer.Typer(help="The versions of fitted models, and which is served.", no_args_is_help=True)
    versions.command("list")(list_command)
    versions.command("promote")(promote_command)
    versions.command("rollback")(rollback_command)
    app.add_typer(versions, name="models")
    of_keys = typer.Typer(help="Keys: who may ask what, for which shop.", no_args_is_help=True)
    of_keys.command("create")(keys.create_command)
    of_keys.command("list")(keys.list_command)
    of_keys.command("rotate")(keys.rotate_command)
    of_keys.command("revoke")(keys.revoke_command)
    of_keys.command("sign")(keys.sign_command)
    app.add_typer(of_keys, name="keys")
    app.add_typer(shops.commands(), name="shops")
    app.add_typer(insights.commands(), name="insights")
    app.command("recommend")(recommend_command)
    app.command("predict")(predict_command)
    app.command("segments")(segments_command)
    app.add_typer(coupons.commands(), name="coupons")
    app.add_typer(people.commands(), name="people")
    app.add_typer(quarantine.commands(), name="quarantine")
    app.command("tag")(tag_command)
    app.add_typer(tags.commands(), name="tags")
    app.command("serve")(serve_command)
    app.command("worker")(worker_command)
    app.command("doctor")(doctor_command)
    app.command("demo")(demo_command)
    return app


def main() -> None:
    """Run the command line; an expected failure is one sentence on standard error and exit code 1."""
    try:
        command_line()()
    except ShopkeeperError as error:
        Console(stderr=True, highlight=False).print("[bold red]error:[/]", escape(str(error)))
        sys.exit(1)

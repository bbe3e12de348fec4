"""The queue of reviews in the terminal, a key for each decision."""

import anyio
import typer
from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.text import Text

from shopkeeper.app.assemble import Services, services_of
from shopkeeper.app.settings import Settings
from shopkeeper.app.stores import Shop
from shopkeeper.data.tags import CATEGORY
from shopkeeper.kit.errors import InvalidInput
from shopkeeper.services.catalog.contract import CategoryOut, Decision, Decisions, Waiting

_KEYS = "[b]a[/] accept   [b]1-6[/] take that one   [b]f[/] fix   [b]n[/] nothing fits   [b]s[/] skip   [b]q[/] quit"
_SHOWN = 12
_AT_ONCE = 10


def review_all(shop: Shop, settings: Settings, name: str | None, by: str) -> None:
    """Show what waits until there is nothing more, or the person quits."""
    # In this process whatever the settings say of services elsewhere: the store is here.
    here = settings.model_copy(update={f"{one}_url": None for one in ("events", "catalog")})
    services, console = services_of(shop, here), Console()
    try:
        console.print(anyio.run(_review, services, console, name, by))
    finally:
        anyio.run(services.close)


async def _review(services: Services, console: Console, name: str | None, by: str) -> str:
    tree, n, seen = (await services.catalog.tree()).categories, 0, set[tuple[str, str]]()
    while True:
        told = await services.catalog.reviews(limit=_AT_ONCE, name=name)
        waiting = [one for one in told.waiting if (one.item_id, one.tag.name) not in seen]
        if told.alarm and not seen:
            console.print(f"[bold red]{escape(told.alarm)}[/]")
        if not waiting:
            return f"Nothing more to look at; {n:,} decided."
        for place, one in enumerate(waiting):
            seen.add((one.item_id, one.tag.name))
            console.print(_panel(one, told.open - place))
            decision = _asked(console, one, tree, by)
            if decision is None:
                return f"{n:,} decided; {told.open - place:,} wait."
            await services.catalog.review(Decisions(decisions=[decision]))
            n += decision.action != "skip"


def _panel(one: Waiting, n_open: int) -> Panel:
    text = Text(one.title, "bold")
    if one.description:
        text.append(f"\n{one.description[:300]}", "dim")
    text.append(f"\n\n{one.tag.name}: ")
    text.append(one.tag.text, "green")
    text.append(f"  {one.tag.confidence:.0%}, says the {one.tag.source}")
    for number, choice in enumerate(one.choices, 1):
        text.append(f"\n  {number}  {choice.text}", "" if choice.category_id == one.tag.value else "dim")
        text.append(f"  {choice.probability:.0%}", "dim")
    return Panel(
        text, title=escape(one.item_id), subtitle=f"{one.events:,} events, {n_open:,} wait", title_align="left"
    )


def _asked(console: Console, one: Waiting, tree: list[CategoryOut], by: str) -> Decision | None:
    """Return what a person decides, None to quit."""
    given = {"item_id": one.item_id, "name": one.tag.name, "by": by}
    keys = {
        "a": {"action": "accept", "value": one.tag.value},
        "s": {"action": "skip"},
        "n": {"action": "fix", "value": ""},
    }
    keys |= {str(n): {"action": "fix", "value": choice.category_id} for n, choice in enumerate(one.choices, 1)}
    console.print(_KEYS)
    while True:
        try:
            key = typer.getchar().lower()
        except (EOFError, KeyboardInterrupt):
            key = "q"
        except OSError as error:
            raise InvalidInput("Keys are read from a terminal, and here is none: use the page /reviews.") from error
        if key == "f" and (value := _value(console, one, tree)) is not None:
            keys[key] = {"action": "fix", "value": value}
        if key in keys:
            return Decision.model_validate(given | keys[key])
        if key in ("q", "", "\x03", "\x04"):
            return None
        console.print(_KEYS)


def _value(console: Console, one: Waiting, tree: list[CategoryOut]) -> str | None:
    """Return what a person types: of a category a part of its name, and then its number."""
    typed = str(typer.prompt("the right value (empty: back)", default="", show_default=False)).strip()
    if one.tag.name != CATEGORY or not typed:
        return typed or None
    exact = [category for category in tree if typed in (category.category_id, category.text)]
    found = exact or [category for category in tree if typed.casefold() in category.text.casefold()]
    if len(found) == 1:
        return found[0].category_id
    for number, category in enumerate(found[:_SHOWN], 1):
        console.print(f"  {number}  {escape(category.text)}")
    if not found:
        console.print("There is no such category.")
        return None
    picked = str(typer.prompt("which one (empty: back)", default="", show_default=False)).strip()
    if not picked:
        return None
    if not picked.isdigit() or not 0 < int(picked) <= min(len(found), _SHOWN):
        raise InvalidInput(f"{picked!r} is none of the numbers; all that was decided before is kept.")
    return found[int(picked) - 1].category_id

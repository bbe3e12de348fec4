"""The requests of docs/how-to/use-the-models-elsewhere.md are answered, in the form that the page shows."""

import json
import re
import shlex
from pathlib import Path

import httpx
import pytest

from shopkeeper import Dataset, create, read_events
from shopkeeper.app.assemble import services_of, web_app
from shopkeeper.app.settings import Settings
from shopkeeper.ports import SavedModel
from shopkeeper.testing.contract_suite import NOW
from tests.contracts.conftest import clock, memory_shop

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "how-to" / "use-the-models-elsewhere.md").read_text()
REQUESTS = re.findall(r"```sh\n(curl .*?)```\n\n```json\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.anyio
async def test_the_requests_of_the_how_to_are_answered_as_shown(tmp_path: Path) -> None:
    shop, data = memory_shop(tmp_path), Dataset.from_log(read_events(str(ROOT / "examples" / "user_behavior.csv")))
    als = create("als", {"epochs": 1}).fit(data)
    reached = {"ndcg@10": 0.05, "ndcg@10 of popularity": 0.03}
    shop.models.save(SavedModel(als, data.users, data.items, "1", NOW, data.fingerprint(), reached))
    app = web_app(services_of(shop, Settings(), clock=clock))
    assert len(REQUESTS) == PAGE.count("curl ")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop") as http:
        for command, shown in REQUESTS:
            _, address, *body = shlex.split(command)
            path = address.removeprefix("localhost:8000")
            answer = await (http.post(path, json=json.loads(body[1])) if body else http.get(path))
            assert answer.status_code == 200, answer.text
            assert form(answer.json()) == form(json.loads(shown))


def form(value: object) -> object:
    """Return what a reader relies on: names, whether a list holds lists, and where there is nothing."""
    if isinstance(value, dict):
        # Options are those of the model, and not all of them are shown.
        return {name: form(one) for name, one in value.items() if name != "config"}
    if isinstance(value, list):
        forms = [form(one) for one in value]
        return forms[:1] if all(one is float for one in forms) else forms
    return None if value is None else type(value)

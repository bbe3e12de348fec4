"""What the page on privacy says is what is asked, kept and honoured."""

import json
import re
import shlex
from pathlib import Path

import httpx
import pytest

from shopkeeper.adapters.privacy_file import privacy_of
from shopkeeper.app.assemble import services_of, web_app
from shopkeeper.app.settings import Settings
from shopkeeper.data.consent import Purpose
from tests.contracts.conftest import clock, memory_shop

WHOLE = (Path(__file__).parents[2] / "docs" / "explanation" / "privacy.md").read_text()
_OWN = re.compile(r"\A.*?^## A person.s own controls.*?(?=^## )", re.DOTALL | re.MULTILINE)
PAGE = "".join(_OWN.findall(WHOLE))
CONTROLS = re.findall(r"^\| [\w ]+ \| `(PUT|POST) ([\w-]+)`((?: (?:or )?`\{.+?\}`)*) \|", PAGE, re.MULTILINE)


def test_every_purpose_is_on_the_page() -> None:
    assert re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE) == [purpose.value for purpose in Purpose]


def test_the_file_on_the_page_can_be_read() -> None:
    (text,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    assert privacy_of(text).consent == {"personal": "required", "prediction": "required", "coupons": "assumed"}


@pytest.mark.anyio
async def test_the_requests_of_the_page_are_answered(tmp_path: Path) -> None:
    app = web_app(services_of(memory_shop(tmp_path), Settings(), clock=clock))
    commands = re.findall(r"^curl (?:.*\\\n.*|.*)$", PAGE, re.MULTILINE)
    assert (len(commands), len(CONTROLS)) == (PAGE.count("\ncurl "), 6)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost:8000") as http:
        for command in commands:
            words = shlex.split(command.replace("\\\n", " "), comments=True)
            (path,) = [word.removeprefix("localhost:8000") for word in words if word.startswith("localhost")]
            body = json.loads(words[words.index("-d") + 1]) if "-d" in words else None
            answer = await (http.post(path, json=body) if body else http.get(path))
            assert answer.is_success, answer.text
        for method, what, bodies in CONTROLS:
            for body in re.findall(r"`(\{.+?\})`", bodies) or ["null"]:
                answer = await http.request(method, f"/v1/people/17850/{what}", json=json.loads(body))
                assert answer.status_code == 200, answer.text

"""Keys and shops on the command line."""

import re
from pathlib import Path

import pytest

from tests.unit.cli.test_commands import run

Capture = pytest.CaptureFixture[str]


def test_a_key_is_shown_once_listed_replaced_and_revoked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    def told(*arguments: str) -> str:
        assert run(monkeypatch, *arguments, "--store", tmp_path / "new") == 0
        return capsys.readouterr().out

    token = told("keys", "create", "back end").strip()
    assert re.fullmatch(r"sk_[0-9a-f]{16}_[\w-]{43}", token)
    page = told("keys", "create", "pages", "--publishable", "--origin", "https://shop.example").strip()
    key_id, secret = token.split("_", 2)[1:]
    assert re.fullmatch(rf"{key_id}\.\d{{10}}\.[0-9a-f]{{64}}\n", told("keys", "sign", key_id, "17850"))
    new, words = told("keys", "rotate", key_id, "--hours", "1").split("\n", 1)
    told("keys", "revoke", page.split("_")[1])
    listed = told("keys", "list")
    assert (new.startswith("sk_"), new != token, f"{key_id} works until" in words) == (True, True, True)
    assert re.search(rf"{key_id}\s+back end\s+default\s+all\s+until 20", listed)
    assert re.search(r"pages\s+default\s+coupons:read\s+revoked\s+never", listed)
    assert [one for one in (secret, new, page) if one in listed] == []


def test_a_further_shop_is_a_folder_that_every_command_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    assert run(monkeypatch, "shops", "create", "tea", "--store", tmp_path) == 0
    assert run(monkeypatch, "shops", "list", "--store", tmp_path) == 0
    assert [line.split() for line in capsys.readouterr().out.splitlines()[-2:]] == [
        ["default", str(tmp_path)],
        ["tea", str(tmp_path / "shops" / "tea")],
    ]
    assert run(monkeypatch, "models", "list", "--store", tmp_path / "shops" / "tea") == 0
    assert run(monkeypatch, "keys", "create", "k", "--shop", "coffee", "--store", tmp_path) == 1
    assert "no shop 'coffee'" in capsys.readouterr().err


def test_serving_others_without_a_key_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    assert run(monkeypatch, "serve", "--host", "0.0.0.0", "--store", tmp_path) == 1
    assert "shopkeeper keys create" in capsys.readouterr().err


def test_a_slip_in_the_folder_makes_no_installation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    assert run(monkeypatch, "keys", "list", "--store", tmp_path / "slip") == 1
    assert ("name the folder" in capsys.readouterr().err, (tmp_path / "slip").exists()) == (True, False)

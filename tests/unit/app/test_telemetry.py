import json
import logging

import pytest

from shopkeeper.app.telemetry import write_logs


def test_a_line_of_json_has_all_that_was_said(capsys: pytest.CaptureFixture[str]) -> None:
    write_logs("json", "info")
    logging.getLogger("shopkeeper.web").info("answered %d", 200, extra={"request_id": "r-1"})
    line = json.loads(capsys.readouterr().err)
    told = (line["level"], line["logger"], line["message"], line["request_id"])
    assert told == ("INFO", "shopkeeper.web", "answered 200", "r-1")


def test_less_than_the_level_is_not_written(capsys: pytest.CaptureFixture[str]) -> None:
    write_logs("text", "warning")
    logging.getLogger("shopkeeper.web").info("answered")
    logging.getLogger("shopkeeper.web").warning("slow")
    assert capsys.readouterr().err.rstrip().endswith("WARNING shopkeeper.web slow")

"""The model of docs/how-to/add-a-model.md, as a reader would write it, passes what every model must."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from shopkeeper import models
from shopkeeper.testing.estimator_suite import NewModel, ScorerSuite

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "add-a-model.md"


class TestTheModelOfTheHowTo(ScorerSuite):
    @pytest.fixture(scope="class")
    @staticmethod
    def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
        """Stand in for src/shopkeeper/models with one more file in it."""
        folder = tmp_path_factory.mktemp("models")
        (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
        (folder / "followers.py").write_text(code)
        with pytest.MonkeyPatch.context() as monkeypatch:
            monkeypatch.setattr(models, "__path__", [*models.__path__, str(folder)])
            models.names.cache_clear()
            yield folder
        models.names.cache_clear()
        models.find.cache_clear()
        sys.modules.pop("shopkeeper.models.followers", None)

    @pytest.fixture
    def new(self, folder: Path) -> NewModel:
        return lambda: models.create("followers")

    def test_is_written_in_the_style_of_the_house(self, folder: Path) -> None:
        place = ["--config", "pyproject.toml", "--stdin-filename", "src/shopkeeper/models/followers.py"]
        for check in (["check"], ["format", "--check"]):
            command = [sys.executable, "-m", "ruff", *check, "--quiet", *place, "-"]
            subprocess.run(command, input=(folder / "followers.py").read_bytes(), cwd=PAGE.parents[2], check=True)

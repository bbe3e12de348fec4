"""The guide from no label to .95, command by command, on the data that it names."""

import os
import pty
import re
import shlex
import subprocess
import sys
from pathlib import Path
from threading import Thread
from time import sleep

import pytest

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "how-to" / "tag-your-products.md").read_text("utf-8")


@pytest.mark.e2e
def test_the_guide_goes_from_no_label_to_95_of_100(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOPKEEPER_ENCODER", "none")
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    (tmp_path / "products.csv").write_text("item_id,title,category\n1,Red mug,Mugs\n2,Blue mug,\n3,Lamp,Lamps\n")
    blocks = re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL)
    told = [run(command, tmp_path) for block in blocks for command in block.strip().splitlines()]
    right = [float(share) for one in told for share in re.findall(r"held back, ([\d.]+)% are filed right", one)]
    assert len(right) == 2
    assert right[0] > 75
    assert right[1] >= 95
    assert "2,404 labels" in "".join(told)
    assert (tmp_path / "tagged.csv").read_text().count("\n") == 4


def run(command: str, folder: Path) -> str:
    words = shlex.split(command)
    if words[0] == "shopkeeper":
        words[0] = str(Path(sys.executable).parent / "shopkeeper")
    terminal, keys = pty.openpty()
    done = subprocess.Popen(words, cwd=folder, stdin=keys, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def leave() -> None:
        # Again and again, since what is typed before a terminal listens is dropped.
        while done.poll() is None:
            os.write(terminal, b"q")
            sleep(0.2)

    Thread(target=leave, daemon=True).start()
    told, problem = done.communicate()
    assert done.returncode == 0, problem
    return " ".join(told.split())

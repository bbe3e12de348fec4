import sys
from pathlib import Path

import numpy as np

from benchmarks.peers.process import Peer, PeerConfig
from shopkeeper.data.dataset import Dataset
from shopkeeper.data.history import HistoryBatch
from shopkeeper.data.items import Exclude
from shopkeeper.data.vocabulary import Vocabulary

ECHO = """
import json, sys
import numpy as np

given = np.load(sys.argv[2])
n = json.loads(str(given["options"]))["n"]
rows = np.unique(given["queries_row"])
bought = [given["train_item"][given["train_row"] == row][:n] for row in rows]
np.savez(sys.argv[3], item=bought, score=np.ones((len(rows), n)), seconds=2.0, epochs=3, validation=0.5, peak_mb=1.0)
"""


def test_a_peer_is_asked_about_the_same_users_in_its_own_process(tmp_path: Path) -> None:
    (tmp_path / "echo.py").write_text(ECHO)
    histories = HistoryBatch.of([[0, 1], [2, 3], [1, 3]], user_idx=range(3))
    data = Dataset(Vocabulary("abc"), Vocabulary("wxyz"), histories)
    config = PeerConfig(peer=str(tmp_path / "echo"), python=Path(sys.executable), options={})
    peer = Peer(config, wanted=histories).fit(data)

    lists = peer.top_n(histories.take(np.array([1, 2])), 2, Exclude())

    assert lists.item_idx.tolist() == [[2, 3], [1, 3]]
    assert peer.seconds == 2.0

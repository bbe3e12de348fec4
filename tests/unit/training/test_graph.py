import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.typing import NDArray

from shopkeeper.kit.sequences import Sequences
from shopkeeper.kit.transformer import Array, Network, last_states
from shopkeeper.training.batches import Batch, batches
from shopkeeper.training.config import TransformerConfig
from shopkeeper.training.graph import Negatives, initial, loss, states

N_ITEMS, N_CONTEXT = 30, 7
PLAIN = TransformerConfig(factors=8, inner_factors=12, max_length=10, cosine=False, temperature=0.5, dropout=0.0)


def sequences(rng: np.random.Generator, n: int = 25, longest: int = 30) -> Sequences:
    indptr = np.concatenate(([0], np.cumsum(rng.integers(0, longest, n))))
    return Sequences(
        indptr.astype(np.int64),
        rng.integers(0, N_ITEMS, indptr[-1]).astype(np.int32),
        rng.integers(0, N_CONTEXT, (indptr[-1], 2)).astype(np.int32),
        np.cumsum(2.0 ** rng.uniform(-3, 24, indptr[-1])).astype(np.int64),
    )


def network(config: TransformerConfig, rng: np.random.Generator) -> Network[Array]:
    """Weights in which everything has a part, also what starts as 0 or 1."""
    items = rng.standard_normal((N_ITEMS, config.factors), np.float32)
    found = initial(config, items, N_CONTEXT, rng)
    return Network(*(np.asarray(w) + 0.3 * rng.standard_normal(w.shape).astype(np.float32) for w in found))


def graph(weights: Network[Array]) -> Network[jax.Array]:
    return Network(*map(jnp.asarray, weights))


@pytest.mark.parametrize("n_blocks", [1, 2, 3])
def test_serving_gives_what_was_trained(n_blocks: int) -> None:
    rng = np.random.default_rng(0)
    config = PLAIN.model_copy(update={"n_blocks": n_blocks})
    weights, known = network(config, rng), sequences(rng)
    tails = known.tails(np.flatnonzero(known.lengths), config.max_length)
    served = last_states(weights, tails)
    for row, length in enumerate(tails.lengths):
        item, context, at = tails.item[row, -length:], tails.context[row, -length:], tails.at[row, -length:]
        since = (at - at[:1]).astype(np.int32)
        owner, weight = np.zeros((1, length), np.int32), np.ones((1, length), np.float32)
        alone = Batch(item[None], context[None], since[None], owner, item[None], weight)
        np.testing.assert_allclose(served[row], states(graph(weights), alone, config)[-1], rtol=1e-4, atol=1e-4)


def test_sequences_of_one_row_do_not_see_each_other() -> None:
    rng = np.random.default_rng(0)
    item = rng.integers(0, N_ITEMS, (1, 6)).astype(np.int32)
    context = np.zeros((1, 6, 1), np.int32)
    owner = np.array([[0, 0, 1, 1, 1, -1]], np.int32)
    weights = graph(network(PLAIN, rng))
    at = np.array([[5, 90, 1, 7, 300, 0]], np.int32)
    packed = states(weights, Batch(item, context, at, owner, item, np.ones_like(at, np.float32)), PLAIN)
    last = slice(2, 5)
    part = Batch(
        item[:, last], context[:, last], at[:, last], owner[:, last], item[:, last], np.ones((1, 3), np.float32)
    )
    alone = states(weights, part, PLAIN)
    np.testing.assert_allclose(packed[2:5], alone, rtol=1e-5, atol=1e-5)


def plain_loss(weights: Network[Array], batch: Batch) -> float:
    scores = np.asarray(states(graph(weights), batch, PLAIN)) @ weights.items.T / PLAIN.temperature
    own = np.take_along_axis(scores, np.maximum(batch.target.reshape(-1, 1), 0), axis=1)[:, 0]
    losses = np.log(np.exp(scores).sum(axis=1)) - own
    return float((batch.weight.reshape(-1) * losses)[batch.target.reshape(-1) >= 0].mean())


def everything() -> Negatives:
    return Negatives(np.arange(N_ITEMS, dtype=np.int32), np.zeros(N_ITEMS, np.float32))


@pytest.mark.parametrize("negatives", [None, everything()], ids=["full", "all drawn once"])
def test_the_loss_is_the_cross_entropy_of_what_comes_next(negatives: Negatives | None) -> None:
    rng = np.random.default_rng(0)
    weights = network(PLAIN, rng)
    batch = next(batches(sequences(rng), PLAIN.max_length, 5, rng))
    for one in (batch, batch._replace(weight=rng.random(batch.weight.shape, np.float32))):
        found = float(loss(graph(weights), one, negatives, PLAIN, jnp.uint32(0)))
        assert found == pytest.approx(plain_loss(weights, one), rel=1e-5)


def test_many_negatives_come_near_all_however_they_are_drawn() -> None:
    rng = np.random.default_rng(0)
    weights = network(PLAIN, rng)
    batch = next(batches(sequences(rng), PLAIN.max_length, 5, rng))
    share = rng.dirichlet(np.ones(N_ITEMS))
    drawn = rng.choice(N_ITEMS, 200_000, p=share).astype(np.int32)
    negatives = Negatives(drawn, np.log(200_000 * share)[drawn].astype(np.float32))
    found = float(loss(graph(weights), batch, negatives, PLAIN, jnp.uint32(0)))
    assert found == pytest.approx(plain_loss(weights, batch), rel=0.02)


def test_dropout_keeps_the_mean() -> None:
    rng = np.random.default_rng(0)
    config = PLAIN.model_copy(update={"dropout": 0.4})
    batch = next(batches(sequences(rng), PLAIN.max_length, 5, rng))
    weights = graph(network(config, rng))

    def first(seed: int) -> NDArray[np.float32]:
        return np.asarray(states(weights, batch, config, jnp.uint32(seed)))

    assert (first(1) == first(1)).all()
    assert (first(1) != first(2)).mean() > 0.9

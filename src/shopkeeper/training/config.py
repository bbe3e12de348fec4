"""What can be chosen about a transformer and its training; a model's config adds what is its own."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from shopkeeper.estimator import Config


class TransformerConfig(Config):
    """Hyper-parameters shared by all models that are a transformer over events."""

    factors: Annotated[int, Field(ge=2)] = 64
    """Width of the network and of the embedding of a product."""
    n_blocks: Annotated[int, Field(ge=1)] = 2
    """Blocks, one on the other."""
    n_heads: Annotated[int, Field(ge=1)] = 2
    """Heads of each attention; they divide `factors`."""
    inner_factors: Annotated[int, Field(ge=1)] = 128
    """Inner width of the part of a block that looks at one event alone."""
    max_length: Annotated[int, Field(ge=1)] = 50
    """Newest events that are looked at."""
    time_bias: bool = True
    """Learn how much an event counts by the time since it, besides by how many came after it."""
    cosine: bool = True
    """Compare by the angle alone: unit vectors on both sides of the product that scores."""
    temperature: Annotated[float, Field(gt=0.0)] = 0.07
    """Scores are divided by it in the loss: the smaller, the more the hardest products count."""
    dropout: Annotated[float, Field(ge=0.0, lt=1.0)] = 0.3
    """Share of the values left out at random while training, after the embedding and in each block."""
    negatives: Annotated[int, Field(ge=0)] = 512
    """Products drawn for each step that all its events are told apart from; 0: all products (full softmax)."""
    negative_power: Annotated[float, Field(ge=0.0, le=1.0)] = 0.5
    """A product is drawn in proportion to (1 + its events) ** negative_power; the loss corrects for it."""
    start: Literal["near", "random"] = "near"
    """Where the embeddings of products start: near those they stand near in histories, or at random."""
    epochs: Annotated[int, Field(ge=1)] = 24
    """Passes over the data, at most."""
    patience: Annotated[int, Field(ge=0)] = 6
    """Passes without a better held-out rank after which training ends; 0: hold nothing out, make all passes."""
    learning_rate: Annotated[float, Field(gt=0.0)] = 3e-3
    """Of AdamW at its highest: it rises for one pass and falls as half a cosine over the others."""
    reg: Annotated[float, Field(ge=0.0)] = 0.01
    """Weight decay of AdamW, on matrices."""
    batch_events: Annotated[int, Field(ge=1)] = 2048
    """Events in each batch, about."""
    accumulate: Annotated[int, Field(ge=1)] = 1
    """Batches whose gradients are added up before a step: a large batch in small memory."""

    @model_validator(mode="after")
    def _heads_divide(self) -> Self:
        if self.factors % self.n_heads:
            raise ValueError(f"n_heads must divide factors, and {self.n_heads} does not divide {self.factors}")
        return self

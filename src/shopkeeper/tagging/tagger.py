"""What every tagger can: learn from labelled texts, say what a text is and how sure that is, and take a correction."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, Self, TypeVar

from numpy.random import Generator

from shopkeeper.data.tags import Tag
from shopkeeper.data.taxonomy import Taxonomy
from shopkeeper.estimator import Config, Progress, State, ignore
from shopkeeper.kit.errors import InvalidInput, NotFitted
from shopkeeper.tagging.encoder import Encoder

C = TypeVar("C", bound=Config)


@dataclass(frozen=True, slots=True)
class Labelled:
    """Texts, and the category of each where a person has said it."""

    texts: Sequence[str]
    category_ids: Sequence[str | None]
    """None: nobody has said it; the text still tells which words are common."""
    groups: Sequence[str] | None = None
    """Texts of one group, such as forms of one product, are never learned from and measured on at once."""

    def __post_init__(self) -> None:
        if len(self.texts) != len(self.category_ids) or len(self.groups or self.texts) != len(self.texts):
            raise InvalidInput("Give as many categories, and groups, as texts.")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A category that a text may belong to."""

    category_id: str
    probability: float


class Tagger(ABC, Generic[C]):
    """Files texts in a tree. Learned attributes end in an underscore; the same seed gives the same bytes."""

    name: ClassVar[str]
    Config: ClassVar[type[Config]]
    """The class of its hyper-parameters."""

    def __init__(self, config: C | None = None) -> None:
        self.config: C = config if config is not None else self.Config()  # type: ignore[assignment]  # C is Config's

    @abstractmethod
    def fit(
        self,
        taxonomy: Taxonomy,
        known: Labelled,
        *,
        encoder: Encoder | None = None,
        rng: Generator | None = None,
        on_progress: Progress = ignore,
    ) -> Self:
        """Learn from all of `known` and the names of the categories, forgetting what was learned before."""

    @abstractmethod
    def learn(self, texts: Sequence[str], category_ids: Sequence[str]) -> None:
        """Take corrections at once, in well under a second; the next fit shall know them too."""

    @abstractmethod
    def candidates(self, texts: Sequence[str], n: int = 20) -> list[list[Candidate]]:
        """Return the n most probable categories of each text, the best first; none where nothing is known of it."""

    @abstractmethod
    def tag(self, texts: Sequence[str]) -> list[Tag]:
        """Return where each text belongs: the deepest category that is sure enough, else the likeliest for review."""

    @property
    @abstractmethod
    def version(self) -> str:
        """What was learned, in a word: another after every fit and every correction."""

    @abstractmethod
    def state(self) -> State:
        """Return all that was learned."""

    @classmethod
    @abstractmethod
    def from_state(cls, config: C, state: State, encoder: Encoder | None = None) -> Self:
        """Return the fitted tagger that `state` came from; the encoder it was fitted with is given, not kept."""

    def check_fitted(self, attribute: str) -> None:
        """Raise NotFitted while the learned attribute is missing."""
        if not hasattr(self, attribute):
            raise NotFitted(f"{self.name} has not been fitted: call fit(taxonomy, known) or load a saved one first.")

"""Which category of the tree a text belongs to: logistic regression over pieces of words, and an encoder's vectors."""

import json
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from typing import Annotated, ClassVar, Self

import numpy as np
import scipy.sparse as sp
from numpy.random import Generator, default_rng
from numpy.typing import NDArray
from pydantic import Field

from shopkeeper.data.tags import CATEGORY, Band, Tag, TagSource
from shopkeeper.data.taxonomy import Category, Taxonomy
from shopkeeper.estimator import Config, Progress, State, ignore
from shopkeeper.kit.calibration import Calibration
from shopkeeper.kit.errors import InvalidInput
from shopkeeper.kit.softmax import Examples, ascend, softmax
from shopkeeper.kit.sparse import Rows, take_rows
from shopkeeper.tagging.asking import most_telling
from shopkeeper.tagging.bands import Bands, Descents
from shopkeeper.tagging.encoder import MOST_UNKNOWN, Encoder
from shopkeeper.tagging.features import Features
from shopkeeper.tagging.names import names_of
from shopkeeper.tagging.pool import MOST, Learner
from shopkeeper.tagging.tagger import Candidate, Labelled, Tagger

_AT_ONCE = 2_048
_PARTS = 5
_MANY = 20_000
_ENOUGH = 5_000
_PRIOR = 10.0
"""Texts that an unbent curve of calibration is worth."""


class CategoryTaggerConfig(Config):
    """Hyper-parameters of `CategoryTagger`."""

    bits: Annotated[int, Field(ge=10, le=24)] = 18
    """Pieces of words are told apart by so many binary digits of a hash."""
    weights: Annotated[int, Field(ge=1)] = 100_000_000
    """Numbers learned at most; with many categories, rare pieces are left out for it."""
    reg: Annotated[float, Field(gt=0.0)] = 0.03
    """L2 on the weights."""
    epochs: Annotated[int, Field(ge=1)] = 50
    """Turns through all examples, at most."""
    name_weight: Annotated[float, Field(gt=0.0)] = 2.0
    """How many examples the names of a category count for."""
    encoder_weight: Annotated[float, Field(ge=0.0)] = 0.6
    """Length of an encoder's vectors, where that of the pieces is 1."""
    pool_weight: Annotated[float, Field(ge=0.0)] = 0.04
    """How many examples a text without a label counts for, times how sure its category is; 0: none is learned from."""
    pool_turns: Annotated[int, Field(ge=0)] = 2
    """How often what is said of texts without a label is learned from."""
    pool_share: Annotated[float, Field(gt=0.0)] = 0.3
    """Below four labels a category: of each no more texts than this, of an equal share."""
    precision: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.98
    """Of the answers that are applied, at least so many shall be right."""
    review: Annotated[float, Field(ge=0.0, le=1.0)] = 0.05
    """Below this probability nothing is said."""
    least: Annotated[int, Field(ge=1)] = 50
    """Labels below which nothing is applied without a person."""


class CategoryTagger(Tagger[CategoryTaggerConfig]):
    """File texts by multinomial logistic regression.

    Examples are the labelled texts, and for every category its names and paths, so that it answers from the first
    moment on. The probability of a category is the sum of those below it.
    """

    name: ClassVar[str] = "category"
    Config = CategoryTaggerConfig
    taxonomy_: Taxonomy
    classes_: NDArray[np.int32]
    """Places in the taxonomy of what a text can be told to be: leaves, and inner categories that have texts."""
    features_: Features
    table_: NDArray[np.float32]
    """(n_features, n_classes)"""
    calibration_: Calibration
    bands_: Bands
    notes_: tuple[str, ...]
    """What a person should know about this fit, such as an encoder that was left out."""

    def fit(
        self,
        taxonomy: Taxonomy,
        known: Labelled,
        *,
        encoder: Encoder | None = None,
        rng: Generator | None = None,
        on_progress: Progress = ignore,
    ) -> Self:
        """Learn; what answers are worth is measured on parts that were not learned from."""
        rng = rng if rng is not None else default_rng(0)
        if not len(taxonomy):
            raise InvalidInput("The tree has no categories: import products with categories, or a tree of your own.")
        truth = np.array([-1 if one is None else taxonomy.place(one) for one in known.category_ids], np.int32)
        self.taxonomy_, self.learned_ = taxonomy, 0
        leaves = [taxonomy.place(one) for one in taxonomy.leaves]
        self.classes_ = np.union1d(leaves, truth[truth >= 0]).astype(np.int32)
        names, target, share = names_of(taxonomy, self.classes_.tolist())
        encoder, self.notes_ = _one_that_knows(encoder, [*names, *known.texts[:_AT_ONCE]])
        self.features_, of_texts, of_names = Features.fit(
            known.texts,
            names,
            encoder,
            bits=self.config.bits,
            most=max(1, self.config.weights // len(self.classes_)),
            weight=self.config.encoder_weight,
        )
        on_progress(0.2)
        labelled = np.flatnonzero(truth >= 0)
        every = Examples(
            sp.csr_matrix(sp.vstack([take_rows(of_texts, labelled), of_names], "csr")),
            np.concatenate([np.searchsorted(self.classes_, truth[labelled]), target]).astype(np.int32),
            np.concatenate([np.ones(len(labelled), np.float32), np.float32(self.config.name_weight) * share]),
        )
        others = rng.permutation(np.flatnonzero(truth < 0))[: MOST if self.config.pool_weight else 0]
        pool = take_rows(of_texts, np.sort(others))
        self._calibrate(every, pool, truth[labelled], _groups(known, labelled), rng)
        on_progress(0.8)
        self.table_ = self._learner.fit(every, pool, len(labelled), rng)
        self._digest()
        on_progress(1.0)
        return self

    @property
    def _learner(self) -> Learner:
        told = self.config
        return Learner(len(self.classes_), told.reg, told.epochs, told.pool_weight, told.pool_turns, told.pool_share)

    def _calibrate(
        self, every: Examples, pool: Rows, truth: NDArray[np.int32], groups: NDArray[np.int64], rng: Generator
    ) -> None:
        """Learn what probabilities are worth, each from a table that has not seen the text or its group."""
        self.calibration_, self.bands_ = Calibration.none(), Bands(review=self.config.review)
        n = len(truth)
        if n < self.config.least:
            return
        n_groups = int(groups.max()) + 1
        # Of many, a few thousand tell enough, and one table more is learned instead of five.
        n_parts, n_asked = (_PARTS, _PARTS) if n <= _MANY else (-(-n // _ENOUGH), 1)
        part = rng.permutation(n_groups)[groups] % n_parts
        p = np.empty((n, len(self.classes_)), np.float32)
        for number in range(n_asked):
            kept, asked = np.flatnonzero(part != number), np.flatnonzero(part == number)
            own = every.take(np.r_[kept, n : every.rows.shape[0]])
            p[asked] = softmax(take_rows(every.rows, asked) @ self._learner.fit(own, pool, len(kept), rng))
        asked = np.flatnonzero(part < n_asked)
        self._set_bands(p[asked], truth[asked])

    def calibrate(self, known: Labelled) -> None:
        """Learn what probabilities are worth from labelled texts that were kept out of the fit."""
        kept = [(text, one) for text, one in zip(known.texts, known.category_ids, strict=True) if one is not None]
        if len(kept) < self.config.least:
            raise InvalidInput(f"There are {len(kept)} labels to calibrate on; give {self.config.least} or more.")
        truth = np.array([self.taxonomy_.place(one) for _, one in kept], np.int32)
        self._set_bands(np.concatenate([p for _, p in self._parts([text for text, _ in kept])]), truth)
        self._digest()

    def _set_bands(self, p: NDArray[np.float32], truth: NDArray[np.int32]) -> None:
        descents = self._descents(p)
        steps = descents.place >= 0
        right = descents.are_right(self.taxonomy_, truth)[steps]
        self.calibration_ = Calibration.fit(descents.probability[steps], right, prior=_PRIOR)
        self.bands_ = Bands.of(self._calibrated(descents), self.config.precision, self.config.review)

    def _calibrated(self, descents: Descents) -> Descents:
        return Descents(descents.place, self.calibration_.probability(descents.probability))

    def _descents(self, p: NDArray[np.float32]) -> Descents:
        at_place = np.zeros((len(p), len(self.taxonomy_)))
        at_place[:, self.classes_] = p
        parents = self.taxonomy_.parents
        for place in range(len(parents) - 1, -1, -1):
            if parents[place] >= 0:
                at_place[:, parents[place]] += at_place[:, place]
        return Descents.of(self.taxonomy_, at_place)

    def _parts(self, texts: Sequence[str]) -> Iterator[tuple[NDArray[np.bool_], NDArray[np.float32]]]:
        """Return of some texts at a time whether anything is known of them, and the probabilities of the classes."""
        self.check_fitted("table_")
        for first in range(0, len(texts), _AT_ONCE):
            part = texts[first : first + _AT_ONCE]
            rows, known = self.features_.rows(part)
            yield known, softmax(rows @ self.table_)

    def candidates(self, texts: Sequence[str], n: int = 20) -> list[list[Candidate]]:
        """Return the likeliest classes."""
        found: list[list[Candidate]] = []
        for known, p in self._parts(texts):
            best = np.argsort(-p, axis=1, kind="stable")[:, :n]
            for row, order in enumerate(best.tolist()):
                ids = (self.taxonomy_.categories[self.classes_[k]].category_id for k in order)
                told = [Candidate(one, float(p[row, k])) for one, k in zip(ids, order, strict=True)]
                found.append(told if known[row] else [])
        return found

    def tag(self, texts: Sequence[str]) -> list[Tag]:
        """Stop where the way down is sure no more."""
        tags: list[Tag] = []
        for known, p in self._parts(texts):
            descents = self._calibrated(self._descents(p))
            stops, ends = descents.stops(self.bands_.applied), descents.ends()
            for row, step in enumerate(np.where(stops >= 0, stops, ends).tolist()):
                place, sure = int(descents.place[row, step]), float(descents.probability[row, step])
                said = (self.taxonomy_.categories[place].category_id, sure), self.bands_.band(sure)
                (category_id, sure), band = said if known[row] else (("", 0.0), Band.BLANK)
                tags.append(Tag(CATEGORY, category_id, sure, TagSource.MODEL, self.version, band))
        return tags

    def ask(self, texts: Sequence[str], n: int, traffic: NDArray[np.floating] | None = None) -> list[int]:
        """Return the places of the n texts whose label tells most, the first first; those seen often come before."""
        self.check_fitted("table_")
        rows, _ = self.features_.rows(texts)
        return [int(place) for place in most_telling(softmax(rows @ self.table_), rows, n, traffic)]

    def learn(self, texts: Sequence[str], category_ids: Sequence[str]) -> None:
        """Let the new examples alone take steps, until they rest."""
        self.check_fitted("table_")
        places = np.array([self.taxonomy_.place(one) for one in category_ids], np.int32)
        for place in np.setdiff1d(places, self.classes_).tolist():
            number = int(np.searchsorted(self.classes_, place))
            self.classes_ = np.insert(self.classes_, number, place)
            self.table_ = np.insert(self.table_, number, 0, axis=1)
        rows, _ = self.features_.rows(texts)
        examples = Examples(
            rows, np.searchsorted(self.classes_, places).astype(np.int32), np.ones(len(places), np.float32)
        )
        dual = np.zeros((len(places), len(self.classes_)), np.float32)
        for _ in range(self.config.epochs):
            ascend(self.table_, dual, examples, self.config.reg, np.arange(len(places)))
        self.learned_ += len(places)

    @property
    def version(self) -> str:
        """The fit's digest, and how many corrections were taken since."""
        self.check_fitted("table_")
        return f"{self.name}-{self.digest_}" + (f"+{self.learned_}" if self.learned_ else "")

    def _digest(self) -> None:
        curve, bands = self.calibration_, self.bands_
        worth = np.r_[curve.slope, curve.offset, curve.y, bands.applied, bands.review]
        told = blake2b(self.table_.tobytes() + worth.tobytes(), digest_size=4)
        self.digest_ = told.hexdigest()

    def state(self) -> State:
        """Return all that was learned, the tree too."""
        self.check_fitted("table_")
        categories = [[c.category_id, c.parent_id, dict(c.names)] for c in self.taxonomy_.categories]
        about = {
            "categories": categories,
            "encoder": self.features_.encoder.name if self.features_.encoder else None,
            "notes": self.notes_,
            "digest": self.digest_,
            "learned": self.learned_,
        }
        told: State = {
            "about_utf8": np.frombuffer(json.dumps(about).encode(), np.uint8),
            "classes": self.classes_,
            "table": self.table_,
            "bands": np.array([self.bands_.applied, self.bands_.review]),
        }
        return told | self.calibration_.state() | self.features_.state()

    @classmethod
    def from_state(cls, config: CategoryTaggerConfig, state: State, encoder: Encoder | None = None) -> Self:
        """Rebuild; InvalidInput where another encoder is given than that of the fit."""
        about = json.loads(state["about_utf8"].tobytes())
        given = encoder.name if encoder else None
        if about["encoder"] and about["encoder"] != given:
            raise InvalidInput(
                f"This was fitted with the encoder {about['encoder']}, and {given or 'none'} is there now: "
                "give that one, or fit again."
            )
        tagger = cls(config)
        tagger.taxonomy_ = Taxonomy(Category(own, above, names) for own, above, names in about["categories"])
        tagger.classes_ = np.asarray(state["classes"], np.int32)
        tagger.features_ = Features.from_state(state, encoder if about["encoder"] else None)
        tagger.table_ = np.asarray(state["table"], np.float32)
        tagger.calibration_ = Calibration.from_state(state)
        tagger.bands_ = Bands(*state["bands"].tolist())
        tagger.notes_, tagger.digest_, tagger.learned_ = tuple(about["notes"]), about["digest"], about["learned"]
        return tagger


def _groups(known: Labelled, chosen: NDArray[np.int64]) -> NDArray[np.int64]:
    if known.groups is None:
        return np.arange(len(chosen))
    return np.unique([known.groups[k] for k in chosen.tolist()], return_inverse=True)[1].astype(np.int64)


def _one_that_knows(encoder: Encoder | None, texts: Sequence[str]) -> tuple[Encoder | None, tuple[str, ...]]:
    """Return the encoder if it knows the language of the texts, else none and a note."""
    if encoder is None or (unknown := encoder.unknown_share(texts)) <= MOST_UNKNOWN:
        return encoder, ()
    return None, (f"The encoder {encoder.name} does not know {unknown:.0%} of the texts' tokens: it was left out.",)

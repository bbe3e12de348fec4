"""Which category of the tree a text belongs to: logistic regression over pieces of words, and an encoder's vectors."""

import json
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from typing import Annotated, ClassVar, Self

import numpy as np
from numpy.random import Generator, default_rng
from numpy.typing import NDArray
from pydantic import Field

from shopkeeper.data.tags import CATEGORY, Band, Tag, TagSource
from shopkeeper.data.taxonomy import Category, Taxonomy
from shopkeeper.estimator import Config, Progress, State, ignore
from shopkeeper.kit.calibration import Calibration
from shopkeeper.kit.errors import InvalidInput
from shopkeeper.kit.softmax import Examples, ascend, fit_softmax
from shopkeeper.kit.sparse import Rows, take_rows
from shopkeeper.tagging.bands import Bands, Descents
from shopkeeper.tagging.encoder import MOST_UNKNOWN, Encoder
from shopkeeper.tagging.features import Pieces, joined
from shopkeeper.tagging.tagger import Candidate, Labelled, Tagger

_AT_ONCE = 2_048
_PARTS = 5


class CategoryTaggerConfig(Config):
    """Hyper-parameters of `CategoryTagger`."""

    bits: Annotated[int, Field(ge=10, le=24)] = 18
    """Pieces of words are told apart by so many binary digits of a hash."""
    weights: Annotated[int, Field(ge=1)] = 100_000_000
    """Numbers learned at most; with many categories, rare pieces are left out for it."""
    reg: Annotated[float, Field(gt=0.0)] = 0.05
    """L2 on the weights."""
    epochs: Annotated[int, Field(ge=1)] = 40
    """Turns through all examples, at most."""
    name_weight: Annotated[float, Field(gt=0.0)] = 0.5
    """How many examples the name of a category counts for, and its path as many."""
    encoder_weight: Annotated[float, Field(ge=0.0)] = 1.0
    """Length of an encoder's vectors, where that of the pieces is 1."""
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
    pieces_: Pieces
    table_: NDArray[np.float32]
    """(n_features, n_classes)"""
    calibration_: Calibration
    bands_: Bands
    encoder_: Encoder | None
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
        """Learn; what is told apart best is measured on parts that were not learned from."""
        rng = rng if rng is not None else default_rng(0)
        if not len(taxonomy):
            raise InvalidInput("The tree has no categories: import products with categories, or a tree of your own.")
        place = np.array([-1 if one is None else taxonomy.place(one) for one in known.category_ids], np.int32)
        self.taxonomy_, self.learned_ = taxonomy, 0
        leaves = [taxonomy.place(one) for one in taxonomy.leaves]
        self.classes_ = np.union1d(leaves, place[place >= 0]).astype(np.int32)
        self._choose(encoder, known.texts)
        examples, target, weight = self._names()
        most = max(1, self.config.weights // len(self.classes_))
        self.pieces_, counts = Pieces.of([*known.texts, *examples], self.config.bits, most)
        rows = self._joined(self.pieces_.weighted(counts), [*known.texts, *examples])
        on_progress(0.2)
        labelled = np.flatnonzero(place >= 0)
        of_text = np.searchsorted(self.classes_, place[labelled]).astype(np.int32)
        every = Examples(
            take_rows(rows, np.r_[labelled, len(place) : rows.shape[0]]),
            np.concatenate([of_text, target]),
            np.concatenate([np.ones(len(labelled), np.float32), weight]),
        )
        self._calibrate(every, place[labelled], _groups(known, labelled), rng)
        on_progress(0.8)
        self.table_ = self._fitted(every, rng)
        self._digest()
        on_progress(1.0)
        return self

    def _choose(self, encoder: Encoder | None, texts: Sequence[str]) -> None:
        self.encoder_, self.notes_ = encoder, ()
        asked = [name for one in self.taxonomy_.categories for name in one.names.values()] + list(texts[:_AT_ONCE])
        if encoder is not None and (unknown := encoder.unknown_share(asked)) > MOST_UNKNOWN:
            self.encoder_ = None
            self.notes_ = (
                f"The encoder {encoder.name} does not know {unknown:.0%} of the texts' tokens, so it was left out.",
            )

    def _names(self) -> tuple[list[str], NDArray[np.int32], NDArray[np.float32]]:
        """Return the names and paths of the classes as examples, with their class and weight."""
        texts, target = [], []
        for number, place in enumerate(self.classes_.tolist()):
            category = self.taxonomy_.categories[place]
            for language, name in category.names.items():
                texts += [name, self.taxonomy_.path(category.category_id, language)]
                target += [number, number]
        n_of = np.bincount(target, minlength=len(self.classes_))
        weight = self.config.name_weight * 2 / n_of[target]
        return texts, np.array(target, np.int32), weight.astype(np.float32)

    def _joined(self, pieces: Rows, texts: Sequence[str]) -> Rows:
        vectors = self.encoder_.encode(texts) if self.encoder_ else None
        return joined(pieces, vectors, self.config.encoder_weight)

    def _fitted(self, examples: Examples, rng: Generator) -> NDArray[np.float32]:
        return fit_softmax(examples, len(self.classes_), self.config.reg, rng, epochs=self.config.epochs)

    def _calibrate(self, every: Examples, truth: NDArray[np.int32], groups: NDArray[np.int64], rng: Generator) -> None:
        """Learn what probabilities are worth, each from a table that has not seen the text or its group."""
        line = np.array([0.0, 1.0])
        self.calibration_, self.bands_ = Calibration(1.0, 0.0, line, line), Bands(review=self.config.review)
        n = len(truth)
        if n < self.config.least:
            return
        part = rng.permutation(int(groups.max()) + 1)[groups] % _PARTS
        p = np.empty((n, len(self.classes_)), np.float32)
        for number in range(_PARTS):
            kept = np.r_[np.flatnonzero(part != number), n : every.rows.shape[0]]
            asked = np.flatnonzero(part == number)
            p[asked] = _softmax(take_rows(every.rows, asked) @ self._fitted(every.take(kept), rng))
        self.set_bands_of(p, truth)

    def set_bands_of(self, p: NDArray[np.float32], truth: NDArray[np.int32]) -> None:
        """Calibrate and set the bands on probabilities of classes and the true places."""
        descents = self._descents(p)
        right = descents.are_right(self.taxonomy_, truth)
        steps = descents.place >= 0
        self.calibration_ = Calibration.fit(descents.probability[steps], right[steps])
        self.bands_ = Bands.of(self._calibrated(descents), right, self.config.precision, self.config.review)

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
            pieces = self.pieces_.rows(part)
            yield np.diff(pieces.indptr) > 0, _softmax(self._joined(pieces, part) @ self.table_)

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
                category_id = self.taxonomy_.categories[place].category_id
                if not known[row]:
                    category_id, sure = "", 0.0
                band = self.bands_.band(sure) if known[row] else Band.BLANK
                tags.append(Tag(CATEGORY, category_id, sure, TagSource.MODEL, self.version, band))
        return tags

    def learn(self, texts: Sequence[str], category_ids: Sequence[str]) -> None:
        """Let the new examples alone take steps, until they rest."""
        self.check_fitted("table_")
        places = np.array([self.taxonomy_.place(one) for one in category_ids], np.int32)
        for place in np.setdiff1d(places, self.classes_).tolist():
            number = int(np.searchsorted(self.classes_, place))
            self.classes_ = np.insert(self.classes_, number, place)
            self.table_ = np.insert(self.table_, number, 0, axis=1)
        rows = self._joined(self.pieces_.rows(texts), texts)
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
        told = blake2b(self.table_.tobytes() + self.calibration_.y.tobytes(), digest_size=4)
        self.digest_ = told.hexdigest()

    def state(self) -> State:
        """Return all that was learned, the tree too."""
        self.check_fitted("table_")
        categories = [[c.category_id, c.parent_id, dict(c.names)] for c in self.taxonomy_.categories]
        about = {
            "categories": categories,
            "bits": self.pieces_.bits,
            "encoder": self.encoder_.name if self.encoder_ else None,
            "notes": self.notes_,
            "digest": self.digest_,
            "learned": self.learned_,
        }
        curve = self.calibration_
        return {
            "about_utf8": np.frombuffer(json.dumps(about).encode(), np.uint8),
            "classes": self.classes_,
            "bucket": self.pieces_.bucket,
            "idf": self.pieces_.idf,
            "table": self.table_,
            "slope_offset": np.array([curve.slope, curve.offset]),
            "curve_x": curve.x,
            "curve_y": curve.y,
            "bands": np.array([self.bands_.applied, self.bands_.review]),
        }

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
        tagger.pieces_ = Pieces(
            about["bits"], np.asarray(state["bucket"], np.int32), np.asarray(state["idf"], np.float32)
        )
        tagger.table_ = np.asarray(state["table"], np.float32)
        (slope, offset), x, y = (np.asarray(state[name], np.float64) for name in ("slope_offset", "curve_x", "curve_y"))
        tagger.calibration_ = Calibration(float(slope), float(offset), x, y)
        applied, review = state["bands"].tolist()
        tagger.bands_ = Bands(applied, review)
        tagger.encoder_ = encoder if about["encoder"] else None
        tagger.notes_, tagger.digest_, tagger.learned_ = tuple(about["notes"]), about["digest"], about["learned"]
        return tagger


def _groups(known: Labelled, chosen: NDArray[np.int64]) -> NDArray[np.int64]:
    if known.groups is None:
        return np.arange(len(chosen))
    return np.unique([known.groups[k] for k in chosen.tolist()], return_inverse=True)[1].astype(np.int64)


def _softmax(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    p = np.exp(scores - scores.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    return np.asarray(p, np.float32)

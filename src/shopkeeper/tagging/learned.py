"""Values of one attribute as labels teach them: which words announce it, which end it, and how often each is right."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from shopkeeper.estimator import Config, State
from shopkeeper.kit.calibration import Calibration
from shopkeeper.kit.compiled import n_threads
from shopkeeper.kit.errors import InvalidInput, TooLittle
from shopkeeper.tagging.attributes import AttributeRules
from shopkeeper.tagging.rule import SEVERAL, ProductText, values_of
from shopkeeper.tagging.spans import N_FEATURES, Habits, features, habits_of, key_of, spans, told

if TYPE_CHECKING:
    import lightgbm  # when something is learned: whoever only serves rules needs it not

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
_FOLDS = 4
_STANDS_FROM = 0.2
"""In which share of the texts a value must stand, for its words to be worth reading."""
_MANY = 50_000
"""Spans from which more threads than one are quicker: they wait for each other."""


class LearnedConfig(Config):
    """How values are learned from labels."""

    least: Annotated[int, Field(ge=20)] = 60
    """Labels of an attribute from which something is learned."""
    most: Annotated[int, Field(ge=20)] = 2000
    """Labels that trees are grown on; of more, so many by chance."""
    counted: Annotated[int, Field(ge=20)] = 5000
    """Labels by which is counted where values stand, and how often rules are right; of more, so many by chance."""
    trees: Annotated[int, Field(ge=1)] = 100
    """How many."""
    learning_rate: Annotated[float, Field(gt=0)] = 0.04
    """How much of what is missing each tree makes up for."""
    leaves: Annotated[int, Field(ge=2)] = 6
    """Of each tree, at most."""
    cases_a_leaf: Annotated[int, Field(ge=1)] = 10
    """At least; more means less that is learned from chance."""
    reg: Annotated[float, Field(ge=0)] = 5.0
    """Off the sums of each leaf (L2)."""
    share_of_features: Annotated[float, Field(gt=0, le=1)] = 0.5
    """Looked at for each tree, drawn by chance."""
    seed: int = 0
    """Of the folds, and of LightGBM."""


@dataclass(frozen=True, slots=True)
class Guess:
    """A value, and the chance that it is right."""

    value: str
    probability: float


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """The spans of some texts: of which text, what is told of each, and its value."""

    text: NDArray[np.int64]
    x: Floats
    values: list[str]

    def best(self, score: Floats, n_texts: int) -> NDArray[np.int64]:
        """Return the best row of each text, -1 where there is none."""
        best = np.full(n_texts, -1)
        order = np.argsort(score, kind="stable")
        best[self.text[order]] = order
        return best


@dataclass(frozen=True, eq=False)
class LearnedValues:
    """Trees (LightGBM) over the runs of words in a text, learned with each text left out of what is counted of it.

    Calibrated on guesses about texts that were not learned from at all, in four folds.
    """

    name: str
    rules: AttributeRules
    habits: Habits
    forms: dict[str, str]
    """How a known value is written, as labels have it most often."""
    booster: "lightgbm.Booster"
    calibration: Calibration

    @cached_property
    def _reader(self) -> "_Reader":
        return _Reader(self.name, self.rules, self.habits, self.forms)

    def form(self, value: str) -> str:
        """Return how labels write the value that a rule found."""
        return SEVERAL.join(self._reader.by_meaning.get(one, one) for one in values_of(value))

    @classmethod
    def fit(
        cls,
        name: str,
        texts: Sequence[ProductText],
        values: Sequence[str],
        rules: AttributeRules,
        config: LearnedConfig | None = None,
    ) -> "LearnedValues":
        """Learn from texts and the right value of each; TooLittle where there are too few."""
        config = config or LearnedConfig()
        if len(texts) < config.least:
            raise TooLittle(f"{name} has {len(texts)} labels; {config.least} are needed to learn from.")
        known = _Known(name, rules, texts, values)
        if known.told_share < _STANDS_FROM:
            raise TooLittle(f"{name} stands in {known.told_share:.0%} of the texts: too few to learn to read it.")
        grown_on = np.random.default_rng(config.seed).permutation(len(texts))[: config.most]
        raw, right = np.zeros(len(grown_on)), np.zeros(len(grown_on), np.bool_)
        for k in range(_FOLDS):
            part = slice(k, None, _FOLDS)
            asked = grown_on[part].tolist()
            with known.without(asked):
                booster = known.grown(sorted(set(grown_on.tolist()) - set(asked)), config)
                raw[part], right[part] = known.tried(asked, booster)
        booster = known.grown(np.sort(grown_on).tolist(), config)
        return cls(name, rules, known.habits, known.forms, booster, Calibration.fit(raw, right))

    def state(self) -> State:
        """Return all that was learned."""
        curve = self.calibration
        told = {"habits": self.habits.counters(), "forms": list(self.forms.items())}
        return {
            "trees_utf8": as_bytes(self.booster.model_to_string()),
            "told_utf8": as_bytes(json.dumps(told, ensure_ascii=False, sort_keys=True)),
            "slope_offset": np.array([curve.slope, curve.offset]),
            "curve_x": curve.x,
            "curve_y": curve.y,
        }

    @classmethod
    def from_state(cls, name: str, rules: AttributeRules, state: State) -> "LearnedValues":
        """Rebuild what `state` returned; InvalidInput where LightGBM does not know it."""
        import lightgbm

        told = json.loads(as_text(state["told_utf8"]))
        (slope, offset), x, y = (np.asarray(state[part], np.float64) for part in ("slope_offset", "curve_x", "curve_y"))
        try:
            booster = lightgbm.Booster(model_str=as_text(state["trees_utf8"]))
        except lightgbm.basic.LightGBMError as error:
            raise InvalidInput(str(error)) from error
        calibration = Calibration(float(slope), float(offset), x, y)
        return cls(name, rules, habits_of(told["habits"]), dict(told["forms"]), booster, calibration)

    def guess(self, texts: Sequence[ProductText]) -> list[Guess | None]:
        """Return the likeliest value of each text, None where nothing in it may be one."""
        rows = self._reader.rows(texts)
        if not len(rows.x):
            return [None] * len(texts)
        score = _raw(self.booster, rows.x)
        best = rows.best(score, len(texts))
        chance = self.calibration.probability(score[best])
        return [
            Guess(rows.values[row], float(p)) if row >= 0 else None
            for row, p in zip(best.tolist(), chance, strict=True)
        ]


class _Known:
    """Labelled texts, and what is counted of them."""

    def __init__(self, name: str, rules: AttributeRules, texts: Sequence[ProductText], values: Sequence[str]) -> None:
        self._texts, self._values = texts, values
        keys = [key_of(value) for value in values]
        self.forms = _forms(zip(keys, values, strict=True))
        self._own = [told(text, key) for text, key in zip(texts, keys, strict=True)]
        self.habits = Habits()
        self._reader = _Reader(name, rules, self.habits, self.forms)
        every = Habits(values=Counter(self.forms.keys()))
        for text, seen in zip(texts, self._own, strict=True):
            seen.stood = Counter(spans(text, every, self._reader.spelled).keys())
            self.habits.add(seen)
        self._is_right = partial(rules.same, name)

    @property
    def told_share(self) -> float:
        """The share of the texts that hold their value."""
        return self.habits.texts["told"] / len(self._texts)

    @contextmanager
    def without(self, some: Sequence[int]) -> Iterator[None]:
        """Know nothing of some texts for a while."""
        for i in some:
            self.habits.leave_out(self._own[i])
        yield
        for i in some:
            self.habits.add(self._own[i])

    def tried(self, some: Sequence[int], booster: "lightgbm.Booster") -> tuple[Floats, Flags]:
        """Return how sure trees are of their guess about each text, and whether it is right."""
        rows = self._reader.rows([self._texts[i] for i in some])
        score = _raw(booster, rows.x)
        raw, right = np.zeros(len(some)), np.zeros(len(some), np.bool_)
        for k, row in enumerate(rows.best(score, len(some)).tolist()):
            if row >= 0:
                raw[k], right[k] = score[row], self._is_right(rows.values[row], self._values[some[k]])
        return raw, right

    def grown(self, some: Sequence[int], config: LearnedConfig) -> "lightgbm.Booster":
        """Return trees that tell right spans from wrong ones, from some texts, each left out of what is counted."""
        import lightgbm

        x, right = [], []
        for i in some:
            with self.without([i]):
                rows = self._reader.rows([self._texts[i]])
            x.append(rows.x)
            right += [self._is_right(one, self._values[i]) for one in rows.values]
        parameters = {
            "objective": "binary",
            "learning_rate": config.learning_rate,
            "num_leaves": config.leaves,
            "min_data_in_leaf": config.cases_a_leaf,
            "lambda_l2": config.reg,
            "feature_fraction": config.share_of_features,
            "seed": config.seed,
            "deterministic": True,
            "force_row_wise": True,
            "num_threads": n_threads() if len(right) > _MANY else 1,
            "verbosity": -1,
        }
        cases = lightgbm.Dataset(np.concatenate(x), np.array(right, np.float64))
        return lightgbm.train(parameters, cases, config.trees)


class _Reader:
    """Turns texts into spans with what is told of each."""

    def __init__(self, name: str, rules: AttributeRules, habits: Habits, forms: dict[str, str]) -> None:
        self._name, self._rules, self._habits, self._forms = name, rules, habits, forms
        self.spelled = {key_of(spelling): value for spelling, value in rules.spellings(name).items()}
        # A text may say grey where labels say Gray; forms begin with the most common.
        self.by_meaning = {rules.meaning(name, form): form for form in reversed(forms.values())}
        """How each meaning is written most often."""

    def rows(self, texts: Sequence[ProductText]) -> Rows:
        """Return the spans of texts, of which the habits know nothing."""
        text_of, x, values = [], [], []
        for place, text in enumerate(texts):
            said = self._rules.read_one(self._name, text)
            for key, span in spans(text, self._habits, self.spelled).items():
                meaning = self.spelled.get(key, span.surface)
                agrees = said is not None and meaning.casefold() == said.value.casefold()
                text_of.append(place)
                values.append(self._forms.get(key) or self.by_meaning.get(meaning, span.surface))
                x.append(features(key, span, self._habits, said, agrees=agrees))
        return Rows(np.array(text_of, np.int64), np.array(x, np.float64).reshape(len(x), N_FEATURES), values)


def _forms(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return how each value is written most often, the most common value first."""
    written: dict[str, Counter[str]] = {}
    for key, value in pairs:
        written.setdefault(key, Counter())[value] += 1
    common = sorted(written, key=lambda key: (-written[key].total(), key))
    return {key: written[key].most_common(1)[0][0] for key in common if key}


def as_bytes(text: str) -> NDArray[np.uint8]:
    """Return a text as an array that can be saved."""
    return np.frombuffer(text.encode(), np.uint8)


def as_text(array: NDArray[np.generic]) -> str:
    """Return what `as_bytes` was given."""
    return array.tobytes().decode()


def _raw(booster: "lightgbm.Booster", x: Floats) -> Floats:
    return np.asarray(booster.predict(x, num_threads=1), np.float64) if len(x) else np.empty(0)

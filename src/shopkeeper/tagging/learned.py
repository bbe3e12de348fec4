"""Values of one attribute as labels teach them: which words announce it, which end it, and how often each is right."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from shopkeeper.estimator import Config, State
from shopkeeper.kit.calibration import Calibration
from shopkeeper.kit.compiled import n_threads
from shopkeeper.kit.errors import InvalidInput, TooLittle
from shopkeeper.tagging.attributes import AttributeRules, ProductText
from shopkeeper.tagging.spans import N_FEATURES, Habits, features, habits_of, key_of, spans, told

if TYPE_CHECKING:
    import lightgbm  # when something is learned: whoever only serves rules needs it not

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
_FOLDS = 4


class LearnedConfig(Config):
    """How values are learned from labels."""

    least: Annotated[int, Field(ge=20)] = 60
    """Labels of an attribute from which something is learned."""
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
        fold = np.random.default_rng(config.seed).permutation(len(texts)) % _FOLDS
        raw, right = np.zeros(len(texts)), np.zeros(len(texts), np.bool_)
        for k in range(_FOLDS):
            own, other = np.flatnonzero(fold != k).tolist(), np.flatnonzero(fold == k).tolist()
            part = _Part(name, rules, [texts[i] for i in own], [values[i] for i in own])
            booster = part.grown(config)
            rows = part.rows([texts[i] for i in other])
            score = _raw(booster, rows.x)
            best = rows.best(score, len(other))
            for i, row in zip(other, best.tolist(), strict=True):
                if row >= 0:
                    raw[i], right[i] = score[row], rows.values[row].casefold() == values[i].casefold()
        whole = _Part(name, rules, texts, values)
        calibration = Calibration.fit(raw, right)
        return cls(name, rules, whole.habits, whole.forms, whole.grown(config), calibration)

    def state(self) -> State:
        """Return all that was learned."""
        curve = self.calibration
        told = {"habits": self.habits.counters(), "forms": self.forms}
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
        return cls(name, rules, habits_of(told["habits"]), told["forms"], booster, calibration)

    def guess(self, texts: Sequence[ProductText]) -> list[Guess | None]:
        """Return the likeliest value of each text, None where nothing in it may be one."""
        rows = _rows(self.name, self.rules, self.habits, self.forms, texts)
        if not len(rows.x):
            return [None] * len(texts)
        score = _raw(self.booster, rows.x)
        best = rows.best(score, len(texts))
        chance = self.calibration.probability(score[best])
        return [
            Guess(rows.values[row], float(p)) if row >= 0 else None
            for row, p in zip(best.tolist(), chance, strict=True)
        ]


class _Part:
    """Some labelled texts, and what is counted of them."""

    def __init__(self, name: str, rules: AttributeRules, texts: Sequence[ProductText], values: Sequence[str]) -> None:
        self._name, self._rules, self._texts, self._values = name, rules, texts, values
        keys = [key_of(value) for value in values]
        self.forms: dict[str, str] = {
            key: value for key, value in reversed(list(zip(keys, values, strict=True))) if key
        }
        self._own = [told(text, key) for text, key in zip(texts, keys, strict=True)]
        self.habits = Habits()
        spelled = _spelled(name, rules)
        for text, seen in zip(texts, self._own, strict=True):
            for key in spans(text, Habits(), self.forms, spelled):
                seen.stood[key] = 1
            self.habits.add(seen)

    def grown(self, config: LearnedConfig) -> "lightgbm.Booster":
        """Return trees that tell right spans from wrong ones."""
        import lightgbm

        x, right = [], []
        for text, seen, value in zip(self._texts, self._own, self._values, strict=True):
            self.habits.leave_out(seen)
            rows = self.rows([text])
            self.habits.add(seen)
            x.append(rows.x)
            right += [one.casefold() == value.casefold() for one in rows.values]
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
            "num_threads": n_threads(),
            "verbosity": -1,
        }
        cases = lightgbm.Dataset(np.concatenate(x), np.array(right, np.float64))
        return lightgbm.train(parameters, cases, config.trees)

    def rows(self, texts: Sequence[ProductText]) -> Rows:
        """Return the spans of texts."""
        return _rows(self._name, self._rules, self.habits, self.forms, texts)


def _rows(
    name: str, rules: AttributeRules, habits: Habits, forms: dict[str, str], texts: Sequence[ProductText]
) -> Rows:
    spelled = _spelled(name, rules)
    text_of, x, values = [], [], []
    for place, text in enumerate(texts):
        said = rules.read_one(name, text)
        for key, span in spans(text, habits, forms, spelled).items():
            meaning = spelled.get(key)
            agrees = said is not None and (meaning == said.value or span.surface.casefold() == said.value.casefold())
            value = forms.get(key) or (meaning if meaning and key_of(meaning) in forms else span.surface)
            text_of.append(place)
            values.append(value)
            x.append(features(key, span, habits, said, agrees=agrees))
    return Rows(np.array(text_of, np.int64), np.array(x, np.float64).reshape(len(x), N_FEATURES), values)


def as_bytes(text: str) -> NDArray[np.uint8]:
    """Return a text as an array that can be saved."""
    return np.frombuffer(text.encode(), np.uint8)


def as_text(array: NDArray[np.generic]) -> str:
    """Return what `as_bytes` was given."""
    return array.tobytes().decode()


def _spelled(name: str, rules: AttributeRules) -> dict[str, str]:
    return {key_of(spelling): value for spelling, value in rules.spellings(name).items()}


def _raw(booster: "lightgbm.Booster", x: Floats) -> Floats:
    return np.asarray(booster.predict(x, num_threads=1), np.float64) if len(x) else np.empty(0)

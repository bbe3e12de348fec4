"""How the values of an attribute are written: words, patterns and units, as data that a merchant extends."""

import re
from typing import Annotated, Self

from pydantic import Field, field_validator, model_validator

from shopkeeper.data.tags import CATEGORY, FREE
from shopkeeper.estimator import Config
from shopkeeper.tagging.measures import Kind
from shopkeeper.tagging.words import words_of

NAME = r"^[a-z][a-z0-9_]{0,49}$"
"""Of attributes: it becomes the name of a file, and of a filter."""

Spellings = dict[str, tuple[str, ...]]
"""What stands for each value, in any language; a value stands for itself too."""


class Dictionary(Config):
    """One attribute."""

    name: Annotated[str, Field(pattern=NAME)]
    """Such as colour."""
    cues: tuple[str, ...] = ()
    """Words after which the value stands, such as `colour` in `Colour: red`."""
    cues_after: tuple[str, ...] = ()
    """Of a measure, words that stand after it, such as `wide` in `80 mm wide`."""
    several: bool = False
    """Whether a product may have several values; they are joined by a comma, in their order in the text."""
    values: Annotated[Spellings, Field(default_factory=dict)]
    """Words that mean a value wherever they stand."""
    named: bool = True
    """Whether the name of a value means it wherever it stands; else after a cue only."""
    after_cue: Annotated[Spellings, Field(default_factory=dict)]
    """Words that mean a value right after a cue only, since they mean other things too."""
    patterns: tuple[str, ...] = ()
    """Regular expressions; the first group is the value, and where there is none, all that matches."""
    measure: Kind | None = None
    """What is measured, where it is a number with a unit."""
    only_after_cue: bool = False
    """Whether nothing counts without a cue before it, or after."""
    open: bool = False
    """Whether what stands after a cue is a value even where no dictionary has it, as with brands."""

    measured: Annotated[dict[str, tuple[int, int]], Field(default_factory=dict)]
    """How often what was found in a place was right, on texts that the rules were not written after: right, of all."""

    @field_validator("name")
    @classmethod
    def _not_taken(cls, name: str) -> str:
        if name in (CATEGORY, FREE):
            raise ValueError(f"{name} is the name of other tags")
        return name

    @field_validator("patterns")
    @classmethod
    def _can_be_read(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in patterns:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"{pattern!r} is no regular expression: {error}") from error
        return patterns

    @model_validator(mode="after")
    def _one_value_each(self) -> Self:
        meant: dict[tuple[str, ...], str] = {}
        for value, spellings in [*self.values.items(), *self.after_cue.items()]:
            for spelling in (value, *spellings):
                if not (words := words_of(spelling)):
                    raise ValueError(f"{spelling!r}, for {value!r}, has no letter or digit")
                if (other := meant.setdefault(words, value)) != value:
                    raise ValueError(f"{spelling!r} stands for {other!r} and for {value!r}: leave one out")
        return self

    def extended(self, own: Self) -> Self:
        """Return it with what a merchant adds; a word that the merchant gives another meaning has that alone."""
        taken = {words_of(s) for table in (own.values, own.after_cue) for v, said in table.items() for s in (v, *said)}
        merged = {name: _merged(getattr(self, name), getattr(own, name), taken) for name in ("values", "after_cue")}
        lists = {name: (*getattr(self, name), *getattr(own, name)) for name in ("cues", "cues_after", "patterns")}
        said = {name: getattr(own, name) for name in own.model_fields_set - merged.keys() - lists.keys()}
        return type(self).model_validate(self.model_dump() | lists | said | merged)

    def meaning(self) -> dict[str, str]:
        """Return what each spelling means after a cue."""
        tables = [*self.values.items(), *self.after_cue.items()]
        return {spelling: value for value, spellings in tables for spelling in (value, *spellings)}

    def anywhere(self) -> dict[str, str]:
        """Return what each spelling means wherever it stands."""
        own = {value: value for value in self.values} if self.named else {}
        return own | {spelling: value for value, spellings in self.values.items() for spelling in spellings}


def _merged(ours: Spellings, own: Spellings, taken: set[tuple[str, ...]]) -> Spellings:
    kept = {
        value: tuple(spelling for spelling in spellings if words_of(spelling) not in taken)
        for value, spellings in ours.items()
        if words_of(value) not in taken or value in own
    }
    return kept | {value: (*kept.get(value, ()), *spellings) for value, spellings in own.items()}

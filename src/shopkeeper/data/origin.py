"""Where a list came from, as the id of its answer says (decision 20)."""

from dataclasses import dataclass

RANDOM = 16
"""Letters that make an id one of its own, after the last dot."""


@dataclass(frozen=True, slots=True)
class Origin:
    """The scenario and the version of the model that made a list; no name has a dot."""

    scenario: str
    model: str
    version: str

    def named(self, random: str) -> str:
        """Return the id of an answer; `random` is `RANDOM` letters without a dot."""
        return f"{self.scenario}.{self.model}.{self.version}.{random}"

    @classmethod
    def of(cls, named: str) -> "Origin | None":
        """Return where an id without its last dot and what follows came from; None where it says nothing of that."""
        parts = named.split(".")
        return cls(*parts) if len(parts) == 3 and all(parts) else None

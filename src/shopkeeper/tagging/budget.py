"""What asking a language model may cost, in tokens and in money; both are kept, whichever is reached first."""

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Spent:
    """Tokens, and their price in millionths of a minor unit."""

    tokens: int = 0
    micro_minor: int = 0

    def __add__(self, other: "Spent") -> "Spent":
        return Spent(self.tokens + other.tokens, self.micro_minor + other.micro_minor)

    def __neg__(self) -> "Spent":
        return Spent(-self.tokens, -self.micro_minor)


@dataclass(frozen=True, slots=True)
class Price:
    """Of a million tokens, in minor units of whatever currency the bill is in; nothing for a model of one's own."""

    million_in_minor: Decimal = Decimal(0)
    million_out_minor: Decimal = Decimal(0)

    def of(self, tokens_in: int, tokens_out: int) -> Spent:
        """Return what so many tokens cost, rounded up."""
        exact = tokens_in * self.million_in_minor + tokens_out * self.million_out_minor
        return Spent(tokens_in + tokens_out, int(exact.to_integral_value(ROUND_CEILING)))


@dataclass(frozen=True, slots=True)
class Budget:
    """What may be spent in a calendar month (UTC)."""

    tokens: int
    minor: int

    def allows(self, spent: Spent) -> bool:
        """Tell whether so much is not too much."""
        return spent.tokens <= self.tokens and spent.micro_minor <= self.minor * _MILLION

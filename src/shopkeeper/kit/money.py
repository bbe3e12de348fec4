"""Money: integer minor units with a currency."""

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation

from shopkeeper.kit.errors import InvalidInput

# ISO 4217: currencies whose minor unit is not a hundredth.
_DIGITS = dict.fromkeys(
    "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(), 0
) | dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3)


def minor_digits(currency: str) -> int:
    """Return how many decimal digits the minor unit of an ISO 4217 currency has."""
    return _DIGITS.get(currency, 2)


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units (cents) of one currency (ISO 4217 code)."""

    minor: int
    currency: str

    @classmethod
    def parse(cls, amount: str | float | Decimal, currency: str) -> "Money":
        """Read a decimal amount of major units, rounding half to even at the minor unit."""
        if not re.fullmatch("[A-Z]{3}", currency):
            raise InvalidInput(f"{currency!r} is not the ISO 4217 code of a currency, such as EUR")
        try:
            scaled = Decimal(str(amount)).scaleb(minor_digits(currency))
            return cls(int(scaled.to_integral_value(ROUND_HALF_EVEN)), currency)
        except (InvalidOperation, ValueError, OverflowError) as error:
            raise InvalidInput(f"{amount!r} is not an amount of money") from error

    def __str__(self) -> str:
        digits = minor_digits(self.currency)
        return f"{Decimal(self.minor).scaleb(-digits):,.{digits}f} {self.currency}"

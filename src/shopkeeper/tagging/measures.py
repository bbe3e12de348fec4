"""Numbers with units, in one form for each kind: grams, millilitres, centimetres."""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from typing import Literal

Kind = Literal["weight", "volume", "length", "dimensions", "storage", "power", "charge", "voltage"]

_LENGTHS = (
    {"mm": "0.1", "cm": "1", "m": "100", "dm": "10", "毫米": "0.1", "厘米": "1", "公分": "1", "分米": "10", "米": "100"}
    | dict.fromkeys(("millimetre", "millimetres", "millimeter", "millimeters"), "0.1")
    | dict.fromkeys(("cms", "centimetre", "centimetres", "centimeter", "centimeters"), "1")
    | dict.fromkeys(("metre", "metres", "meter", "meters", "mtr", "mtrs"), "100")
    | dict.fromkeys(("in", "inch", "inches", '"', "′′", "''", "英寸", "吋"), "2.54")
    | dict.fromkeys(("ft", "feet", "foot", "英尺"), "30.48")
    | dict.fromkeys(("yd", "yard", "yards"), "91.44")
)
UNITS: Mapping[Kind, tuple[str, Mapping[str, str]]] = {
    "weight": (
        "g",
        {
            "mg": "0.001",
            "g": "1",
            "kg": "1000",
            "oz": "28.3495",
            "毫克": "0.001",
            "克": "1",
            "千克": "1000",
            "公斤": "1000",
        }
        | {"斤": "500", "克拉": "0.2", "ounce": "28.3495", "ounces": "28.3495"}
        | dict.fromkeys(("gm", "gms", "gr", "gram", "grams", "gramme", "grammes"), "1")
        | dict.fromkeys(("kgs", "kilo", "kilos", "kilogram", "kilograms"), "1000")
        | dict.fromkeys(("lb", "lbs", "pound", "pounds", "磅"), "453.592"),
    ),
    "volume": (
        "ml",
        {"ml": "1", "cl": "10", "dl": "100", "l": "1000", "毫升": "1", "升": "1000", "公升": "1000"}
        | dict.fromkeys(("mls", "millilitre", "millilitres", "milliliter", "milliliters"), "1")
        | dict.fromkeys(("ltr", "ltrs", "litre", "litres", "liter", "liters"), "1000")
        | dict.fromkeys(("fl oz", "fl. oz", "fluid ounce", "fluid ounces"), "29.5735"),
    ),
    "length": ("cm", _LENGTHS),
    "storage": ("GB", {"mb": "0.001", "gb": "1", "tb": "1000"}),
    "power": ("W", {"w": "1", "kw": "1000", "watt": "1", "watts": "1", "瓦": "1", "千瓦": "1000"}),
    "charge": ("mAh", {"mah": "1", "ah": "1000", "毫安时": "1", "毫安": "1"}),
    "voltage": ("V", {"v": "1", "volt": "1", "volts": "1", "伏": "1"}),
}
NUMBER = r"\d{1,6}(?:[.,]\d{1,3})?"
_ALONE = r"(?<![\d.,A-Za-z])"


def unit_pattern(kind: Kind) -> str:
    """Return what matches a unit of a kind, the longest first; letters do not run on after it."""
    units = sorted(UNITS["length" if kind == "dimensions" else kind][1], key=len, reverse=True)
    return f"(?:{'|'.join(map(_spelled, units))})"


def _spelled(unit: str) -> str:
    if unit == "in":  # 3 in 1
        return r"in(?!\s*(?!x\b)[A-Za-z0-9])"
    return re.escape(unit) + ("(?![A-Za-z])" if unit[-1].isascii() and unit[-1].isalpha() else "")


def measure(kind: Kind, number: str, unit: str) -> str | None:
    """Return an amount in the one form of its kind, None where it is nothing."""
    name, factors = UNITS[kind]
    amount = _decimal(number) * Decimal(factors[unit.casefold()])
    return f"{_shortest(amount)} {name}" if amount > 0 else None


def measures(kind: Kind, text: str) -> Iterator[str]:
    """Return all amounts of a kind that stand in a text, in their order."""
    if kind == "dimensions":
        yield from _dimensions(text)
        return
    for found in _amount(kind).finditer(text):
        is_network = re.fullmatch("[2-5]G", found[0])
        if not is_network and (amount := measure(kind, found[1], found[2])):
            yield amount


@cache
def _amount(kind: Kind) -> re.Pattern[str]:
    return re.compile(rf"{_ALONE}({NUMBER})\s*-?\s*({unit_pattern(kind)})", re.IGNORECASE)


_SIDE = r"(?:[LWHD长宽高深][:：]?\s*)?"
_UNIT = unit_pattern("length")
_TIMES = rf"\s*(?:[LWHD]\b)?\s*[x×*X✕]\s*{_SIDE}"
_BOX = re.compile(
    rf"{_ALONE}{_SIDE}({NUMBER})\s*({_UNIT})?{_TIMES}({NUMBER})\s*({_UNIT})?(?:{_TIMES}({NUMBER})\s*({_UNIT})?)?",
    re.IGNORECASE,
)


def _dimensions(text: str) -> Iterator[str]:
    for found in _BOX.finditer(text):
        sides = [(found[k], found[k + 1]) for k in (1, 3, 5) if found[k]]
        last = next((unit for _, unit in reversed(sides) if unit), None)
        if last is None:  # 10 x 2 of what
            continue
        amounts = [_decimal(n) * Decimal(_LENGTHS[(unit or last).casefold()]) for n, unit in sides]
        if all(amount > 0 for amount in amounts):
            yield f"{' x '.join(map(_shortest, amounts))} cm"


def _decimal(number: str) -> Decimal:
    """Read a number; a comma before three digits groups thousands, else it is a decimal one."""
    whole, _, rest = number.partition(",")
    if rest:
        return Decimal(whole + rest if len(rest) == 3 else f"{whole}.{rest}")
    return Decimal(number)


def _shortest(amount: Decimal) -> str:
    return f"{round(amount, 2):f}".rstrip("0").rstrip(".") if round(amount, 2) % 1 else f"{round(amount)}"

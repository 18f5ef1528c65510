"""Kubernetes quantities (`16`, `500m`, `2Ti`, `1e3`) and durations (`90s`, `1m30s`)."""

import re
from fractions import Fraction

_QUANTITY = re.compile(r"^([+-]?)([0-9]+(?:\.[0-9]*)?|\.[0-9]+)"
                       r"(?:([eE][+-]?[0-9]+)|(n|u|m|k|[MGTPE]|[KMGTPE]i))?$")
_DECIMAL = {"n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_DURATION = re.compile(r"(?:[0-9]+(?:\.[0-9]+)?(?:h|ms|m|s))+")
_DURATION_PART = re.compile(r"([0-9.]+)(h|ms|m|s)")
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_BINARY = {letter: 10 * power for power, letter in enumerate("KMGTPE", start=1)}


def parse(quantity: str | float) -> Fraction:
    """Return the exact value of a quantity as written in a manifest.

    Raises ValueError that says what is wrong with it.
    """
    if isinstance(quantity, bool):
        raise ValueError(f"{quantity!r} is not a quantity")
    found = _QUANTITY.match(str(quantity).strip())
    if not found:
        raise ValueError(f"{quantity!r} is not a quantity like 8, 500m or 2Ti")
    sign, digits, exponent, suffix = found.groups()
    value = Fraction(digits)
    if exponent:
        # An absurd exponent would fill the memory with digits.
        if abs(int(exponent[1:])) > 30:
            raise ValueError(f"{quantity!r} is out of range")
        value *= Fraction(10) ** int(exponent[1:])
    elif suffix:
        binary = suffix.endswith("i")
        value *= Fraction(2) ** _BINARY[suffix[0]] if binary else Fraction(10) ** _DECIMAL[suffix]
    return -value if sign == "-" else value


def devices(quantity: str | float) -> int:
    """Return the whole number of devices that a quantity stands for.

    Raises ValueError when it is no quantity, negative, or not whole: half a device cannot be given to anyone.
    """
    value = parse(quantity)
    if value < 0 or value.denominator != 1:
        raise ValueError(f"{quantity!r} is not a whole number of GPUs")
    return int(value)


def seconds(duration: str) -> float:
    """Return the seconds of a Go duration such as `1m30s`. Raises ValueError when it is none."""
    text = str(duration).strip()
    if not _DURATION.fullmatch(text):
        raise ValueError(f"{duration!r} is not a duration like 30s or 1m30s")
    return sum(float(number) * _SECONDS[unit] for number, unit in _DURATION_PART.findall(text))

"""Measurements for people: a number with its unit, how sure it is, and what it may be."""

from conformance.model.measurement import Measurement


def told(measured: Measurement) -> str:
    """Return a measurement as one line: its name and all that is known of it."""
    return f"{measured.name}: {value(measured)}"


def value(measured: Measurement) -> str:
    """Return the number alone, for example `3.2 s (at most 30 s: back_within_s of serving-c)`."""
    known = [f"{measured.n} samples" if measured.n != 1 else ""]
    if (found := measured.interval) is not None:
        known.append(f"{number(found.low)} to {number(found.high)} at {found.level:.0%}")
    if (wish := measured.objective) is not None:
        kept = "" if wish.holds(measured.value) else "MISSED: "
        source = f": {wish.source}" if wish.source else ""
        known.append(f"{kept}{wish.bound} {number(wish.limit)} {unit(measured)}".rstrip() + source)
    more = ", ".join(filter(None, known))
    return f"{number(measured.value)} {unit(measured)}".rstrip() + (f" ({more})" if more else "")


def number(one: float) -> str:
    """Return a number with three digits that count, whole ones and large ones in full."""
    return f"{one:,.0f}" if one == int(one) or abs(one) >= 100 else f"{one:.3g}"


def unit(measured: Measurement) -> str:
    """Return the unit; nothing for a count or a share."""
    return "" if measured.unit == "1" else measured.unit

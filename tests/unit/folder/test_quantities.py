from fractions import Fraction

import pytest

from conformance.model import quantity


@pytest.mark.parametrize(("written", "value"), [
    ("16", 16), (16, 16), ("500m", Fraction(1, 2)), ("2Ti", 2 * 2**40), ("1e3", 1000), ("1E3", 1000),
    ("1E", 10**18), (".5", Fraction(1, 2)), ("1.5Gi", 3 * 2**29), ("-1", -1), ("+2k", 2000),
    ("3n", Fraction(3, 10**9)),
])
def test_a_quantity_has_the_value_that_kubernetes_gives_it(written, value):
    assert quantity.parse(written) == value


@pytest.mark.parametrize("written", ["", "many", "1 6", "16gpus", "1Mi2", "0x10", "1K", "e3", True, "1e999"])
def test_what_kubernetes_refuses_is_no_quantity(written):
    with pytest.raises(ValueError, match=r"quantity|range"):
        quantity.parse(written)


def test_devices_are_whole():
    assert quantity.devices("8000m") == 8
    for halves in ("500m", "-1", 1.5):
        with pytest.raises(ValueError, match="whole number of GPUs"):
            quantity.devices(halves)

import pytest

from conformance.model.measurement import AT_LEAST, AT_MOST, Interval, Measurement, Objective
from conformance.report.numbers import told


def measured(value, unit="s", **more):
    return Measurement(name="ready after", value=value, unit=unit, **more)


@pytest.mark.parametrize(("one", "text"), [
    (measured(3.21789), "ready after: 3.22 s"),
    (measured(0.0412), "ready after: 0.0412 s"),
    (measured(12), "ready after: 12 s"),
    (measured(1234.5), "ready after: 1,234 s"),
    (measured(0.5, "1", n=40), "ready after: 0.5 (40 samples)"),
    (measured(3, objective=Objective(bound=AT_MOST, limit=3)), "ready after: 3 s (at most 3 s)"),
    (measured(3.5, objective=Objective(bound=AT_MOST, limit=3, source="back_within_s of a")),
     "ready after: 3.5 s (MISSED: at most 3 s: back_within_s of a)"),
    (measured(95, "tokens/s", objective=Objective(bound=AT_LEAST, limit=100)),
     "ready after: 95 tokens/s (MISSED: at least 100 tokens/s)"),
    (measured(5, n=9, interval=Interval(low=4.5, high=5.75, level=0.95)),
     "ready after: 5 s (9 samples, 4.5 to 5.75 at 95%)"),
])
def test_a_measurement_is_told_with_its_unit_and_what_it_may_be(one, text):
    assert told(one) == text

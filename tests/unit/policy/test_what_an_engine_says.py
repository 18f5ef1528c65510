"""What stops a rule is told without the values that stopped it: they may be secret."""

import pytest

from conformance.errors import SeatrialError
from conformance.policy import policies
from conformance.policy.engine import Question, Regorus

RULE = '''\
# METADATA
# title: Stops
# custom:
#   class: advice
#   severity: info
#   kinds: ["*"]
#   remedy: nothing
#   sources: [this test]
package policies.x["stops"]

findings contains {{"path": [], "message": "is here"}} if {condition}

two(o) := value if some value in o.values
'''


def added(folder, condition):
    (folder / "x" / "stops").mkdir(parents=True)
    (folder / "x" / "stops" / "rule.rego").write_text(RULE.format(condition=condition))
    return policies.load(folder)


@pytest.mark.parametrize(("condition", "said"), [
    ("nobody_knows == 1", "x/stops/rule.rego:11:57: use of undefined variable"),
    ("every x in {", "x/stops/rule.rego:1")])
def test_a_rule_of_ones_own_that_is_no_rego_is_told_before_anything_is_judged(tmp_path, condition, said):
    with pytest.raises(SeatrialError, match="a rule is no Rego: " + said):
        Regorus(added(tmp_path, condition), {})


@pytest.mark.parametrize(("condition", "said"), [
    ("lower(input.object.value) == 1", "x/stops/rule.rego:11:75: `lower` expects string argument"),
    ("two(input.object)", "x/stops/rule.rego:11:60: function produced multiple outputs"),
    ("some x in input.object.nothing", "`some .. in collection` expects array/set/object")])
def test_a_value_is_not_repeated(tmp_path, condition, said):
    engine = Regorus(added(tmp_path, condition), {})
    about = {"value": ["planted"], "values": ["planted1", {"planted2": 3}], "nothing": None}
    ((answer,),) = engine.ask([Question(("x/stops",), "*", {"object": about})])
    assert answer.stopped
    assert said in answer.message
    assert "planted" not in answer.message
    assert not answer.message.endswith((" ", ".", ":"))

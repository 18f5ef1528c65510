"""What stops a rule is told without the values that stopped it: they may be secret."""

import pytest

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


@pytest.mark.parametrize(("condition", "said"), [
    ("lower(input.object.value) == 1", "x/stops/rule.rego:11:75: `lower` expects string argument"),
    ("two(input.object)", "x/stops/rule.rego:11:60: function produced multiple outputs"),
    ("some x in input.object.nothing", "`some .. in collection` expects array/set/object")])
def test_a_value_is_not_repeated(tmp_path, condition, said):
    (tmp_path / "x" / "stops").mkdir(parents=True)
    (tmp_path / "x" / "stops" / "rule.rego").write_text(RULE.format(condition=condition))
    engine = Regorus(policies.load(tmp_path), {})
    about = {"value": ["planted"], "values": ["planted1", {"planted2": 3}], "nothing": None}
    ((answer,),) = engine.ask([Question(("x/stops",), "*", {"object": about})])
    assert answer.stopped
    assert said in answer.message
    assert "planted" not in answer.message
    assert not answer.message.endswith((" ", ".", ":"))

"""What is read from a Rego module by its text alone."""

import pytest

from conformance.policy import rego

MODULE = '''# METADATA
# title: what data.lib.a says
package policies.kueue["a-b"] # data

import data.lib.kind
import data.lib.quota as q

text := "data.lib.x \\" data.y" if data.gpus[input.data.lib]
raw := `data.lib.y
package not.one`
all := data["facts"][kind.of(input.object)] with data.facts as {"data": data.lib.kind.name}
'''


def test_package_and_references():
    assert rego.package(MODULE) == 'policies.kueue["a-b"]'
    assert rego.references(MODULE) == {"lib.kind", "lib.quota", "gpus", "facts", "lib.kind.name"}
    assert rego.needed(MODULE, ["lib.kind", "lib.kin", "lib.quota", "lib.x"]) == {"lib.kind", "lib.quota"}


def test_under_a_prefix():
    assert rego.under("p", MODULE) == '''# METADATA
# title: what data.lib.a says
package p.policies.kueue["a-b"] # data

import data.p.lib.kind
import data.p.lib.quota as q

text := "data.lib.x \\" data.y" if data.p.gpus[input.data.lib]
raw := `data.lib.y
package not.one`
all := data.p["facts"][kind.of(input.object)] with data.p.facts as {"data": data.p.lib.kind.name}
'''


def test_what_is_needed_comes_first():
    library = {"a": "package lib.a\nimport data.lib.b", "b": "package lib.b\nx := data.lib.c.y", "c": "package lib.c"}
    assert list(rego.in_order(library)) == ["c", "b", "a"]


@pytest.mark.parametrize("source", ["", "# nothing", "import data.x"])
def test_no_package(source):
    assert rego.package(source) == ""

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


LIBRARY = '''package lib.kind

# of says what it is
_slash := "of/" # of
of(o) := concat(_slash, [o.of, kind]) if {
	kind := o.kind
}
default limit := 5
'''
RULE = '''# METADATA
package policies.a["b-c"]

import data.lib.kind
import data.gpus
import data.lib.kind as k

findings contains {"path": ["kind.of"], "message": kind.of(input.kind)} if {
	some limit in gpus
	k.limit == data.lib.kind.limit
	data.facts.kind.of[limit] == `kind.of
findings`
}
'''


def test_modules_become_one_with_a_name_for_each_rule():
    merged = rego.merged({"lib/kind.rego": LIBRARY, "a/b-c/rule.rego": RULE}, "p.all")
    assert [line.rstrip() for line in merged.source.splitlines() if line.strip()] == '''\
package p.all
m0__slash := "of/"
m0_of(o) := concat(m0__slash, [o.of, kind]) if {
	kind := o.kind
}
default m0_limit := 5
m1_findings contains {"path": ["kind.of"], "message": m0_of(input.kind)} if {
	some limit in data.p.gpus
	m0_limit == m0_limit
	data.p.facts.kind.of[limit] == `kind.of
findings`
}'''.splitlines()
    assert merged.findings == {"a/b-c/rule.rego": "m1_findings"}


def test_each_line_of_the_whole_has_its_place():
    merged = rego.merged({"lib/kind.rego": LIBRARY, "a/b-c/rule.rego": RULE}, "p.all")
    rows = merged.source.splitlines()
    assert merged.place(1 + rows.index("default m0_limit := 5")) == ("lib/kind.rego", 8)
    assert merged.place(1 + rows.index("\tm0_limit == m0_limit")) == ("a/b-c/rule.rego", 10)


@pytest.mark.parametrize(("rule", "what"), [
    ("x := data.lib.kind", "data.lib.kind"), ("import data.lib.kind\nx := kind", "data.lib.kind"), ("x := data.lib", "data.lib"),
    ('x := data["lib"]', "data"), ('x := data.lib["kind"]', "data.lib")])
def test_what_refers_to_whole_modules_cannot_be_merged(rule, what):
    with pytest.raises(rego.CannotBeMerged, match=f"refers to all of {what}$"):
        rego.merged({"lib/kind.rego": LIBRARY, "r": f"package policies.a\n{rule}\n"}, "p.all")

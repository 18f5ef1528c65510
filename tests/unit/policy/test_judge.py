"""What is looked at together is kept without places; where a finding needs one, the file is read again."""

import io
import pickle

import pytest

from conformance.policy import policies, sources
from conformance.policy.engine import Raw
from conformance.policy.judge import Judge

RULE = '''\
# METADATA
# title: Looks at all pods
# custom:
#   class: advice
#   severity: info
#   kinds: [Pod]
#   across: true
#   remedy: nothing
#   sources: [this test]
package policies.x["together"]
'''
PODS = "# first\n" + "---\n".join(f"apiVersion: v1\nkind: Pod\nmetadata:\n  name: p{number}\n" for number in range(3))


class PointsAtEach:
    """Finds something at the name of each object that it is asked about together with others."""

    name, at_once = "stand-in", 1

    def ask(self, questions):
        return [[Raw("x/together", ("metadata", "name"), "here", index) for index, _ in enumerate(question.about["objects"])]
                if "objects" in question.about else [] for question in questions]


@pytest.fixture
def judge(tmp_path):
    (tmp_path / "policies" / "x" / "together").mkdir(parents=True)
    (tmp_path / "policies" / "x" / "together" / "rule.rego").write_text(RULE)
    corpus = policies.load(tmp_path / "policies").only(["x"])
    return lambda: Judge(corpus, PointsAtEach())


def places(audit):
    return [(found.file.rpartition("/")[2], found.line, found.object) for found in audit.findings]


def test_each_finding_has_its_place_in_its_file(judge, tmp_path):
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text("a: [\n---\nno: object\n---\n" + PODS)
    one = judge()
    one.files([str(tmp_path / "a.yaml"), str(tmp_path / "b.yaml")], io.BytesIO())
    audit = one.audit()
    assert places(audit) == [(name, line, f"Pod p{number}") for name in ("a.yaml", "b.yaml")
                             for number, line in enumerate((9, 14, 19))]
    assert len(audit.problems) == 2  # told once, though read twice


def test_what_comes_by_a_pipe_has_its_place_too(judge):
    one = judge()
    one.files([sources.STDIN], io.BytesIO(PODS.encode()))
    assert places(one.audit()) == [("<stdin>", 5, "Pod p0"), ("<stdin>", 10, "Pod p1"), ("<stdin>", 15, "Pod p2")]


@pytest.mark.parametrize("later", ["", "apiVersion: v1\nkind: Pod\nmetadata:\n  name: another\n", None])
def test_a_file_that_changed_meanwhile_is_told_and_no_place_is_guessed(judge, tmp_path, later):
    file = tmp_path / "a.yaml"
    file.write_text(PODS)
    one = judge()
    one.files([str(file)], io.BytesIO())
    if later is None:
        file.unlink()
    else:
        file.write_text(later)
    audit = one.audit()
    assert audit.findings == ()
    (problem,) = audit.problems
    assert (problem.message, problem.way_out) == ("has changed while it was judged", "run it again")


def test_what_a_part_of_the_input_told_is_added_to_another(judge, tmp_path):
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text(PODS)
    alone, first, second = judge(), judge(), judge()
    files = [str(tmp_path / name) for name in ("a.yaml", "b.yaml")]
    alone.files(files, io.BytesIO())
    first.files(files[:1], io.BytesIO())
    second.files(files[1:], io.BytesIO())
    first.add(pickle.loads(pickle.dumps(second.heard())))
    assert first.audit() == alone.audit()

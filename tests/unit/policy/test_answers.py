"""An object that differs from another in its name alone is not judged again, save by policies that look at the name."""

import io
import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance import assets
from conformance.errors import SeatrialError
from conformance.policy import facts, policies, sources
from conformance.policy.answers import Answers
from conformance.policy.engine import Question, Regorus, Selection
from conformance.policy.judge import Judge
from conformance.policy.sources import manifests_in

JOB = """\
apiVersion: kubeflow.org/v1
kind: PyTorchJob
metadata: {name: NAME, namespace: research}
spec:
  pytorchReplicaSpecs:
    Master:
      replicas: 1
      template: {spec: {containers: [{name: main, image: "x:1", resources: {limits: {nvidia.com/gpu: "1"}}}]}}
"""
CORPUS = policies.load()


class Asked(Regorus):
    """Remembers what it was asked."""

    def __init__(self, corpus):
        super().__init__(corpus, facts.data({}))
        self.questions = []

    def ask(self, questions):
        self.questions += [one for one in questions if one.kind]
        return super().ask(questions)


def judged(texts, corpus=CORPUS):
    engine = Asked(corpus)
    judge = Judge(corpus, engine)
    for number, text in enumerate(texts):
        judge.file(manifests_in(text, f"{number}.yaml"))
    return judge.audit().findings, engine.questions


def named(name, text=JOB):
    return text.replace("NAME", name)


def test_all_names_get_the_findings_that_each_gets_alone():
    names = ("first", "second", "3rd", "main", "first")
    together, _ = judged([named(name) for name in names])
    alone = [replace(one, file=f"{number}.yaml") for number, name in enumerate(names) for one in judged([named(name)])[0]]
    assert sorted(map(repr, together)) == sorted(map(repr, alone))
    assert len({one.policy for one in together}) > 1


def looking_at(*parts):
    """The jobs' policies as they are, but that each looks at these parts, too."""
    return replace(CORPUS, policies={name: replace(policy, looks_at=policy.looks_at | set(parts))
                                     for name, policy in CORPUS.policies.items()})


def asked(questions, part):
    return [question for question in questions if all(part in CORPUS.policies[one].looks_at for one in question.policies)]


def test_another_name_is_a_question_for_the_policies_that_look_at_it():
    _, questions = judged([named("first"), named("second"), named("3rd")])
    by_name = asked(questions, "name")
    assert {one for question in by_name for one in question.policies} == {"training/pytorchjob-names-are-host-names"}
    assert [question.about["object"]["metadata"]["name"] for question in by_name] == ["first", "second", "3rd"]
    others = [question.policies for question in questions if question not in by_name]
    assert others
    assert len(others) == len(set(others))


@pytest.mark.parametrize(("part", "was", "is_"), [
    ("labels", "metadata: {", "metadata: {labels: {run: NAME}, "), ("annotations", "metadata: {", "metadata: {annotations: {run: NAME}, "),
    ("words", "{name: main, ", "{name: main, args: [--seed=NAME], "), ("words", "{name: main, ", "{name: main, env: [{name: A, value: NAME}], "),
])
def test_what_a_policy_does_not_look_at_is_not_shown_to_it(part, was, is_):
    text = JOB.replace(was, is_)
    _, questions = judged([named("first", text), named("second", text)])
    seeing = [question for question in questions if '"first"' in json.dumps(question.about).replace("=first", '"first')]
    assert all({part, "name"} & CORPUS.policies[one].looks_at for question in seeing for one in question.policies)
    blind = [question.policies for question in questions if question not in asked(questions, part) + asked(questions, "name")]
    assert blind
    assert len(blind) == len(set(blind))


@pytest.mark.parametrize(("one", "other"), [
    ("{name: main, args: [x]}, {name: main}", "{name: main}, {name: main, args: [x]}"),
    ("{name: main, args: [x]}", "{name: main, command: [x]}"),
    ("{name: main, env: []}", "{name: main}"),
])
def test_the_same_words_in_another_place_are_another_question(one, other):
    texts = [JOB.replace("containers: [", f"containers: [{place}, ") for place in (one, other)]
    all_words = looking_at("words")
    assert judged(texts, all_words)[1] == judged(texts[:1], all_words)[1] + judged(texts[1:], all_words)[1]


@pytest.mark.parametrize("other", [
    JOB.replace("metadata: {", "metadata: {labels: {a: x}, "), JOB.replace("template: {", "template: {metadata: {annotations: {a: x}}, "),
    JOB.replace("template: {", "template: {metadata: {labels: {a.b: x}}, "),
])
def test_the_same_labels_in_another_place_are_another_question(other):
    texts = [JOB.replace("template: {", "template: {metadata: {labels: {a: x}}, "), other]
    all_marks = looking_at("labels", "annotations")
    assert judged(texts, all_marks)[1] == judged(texts[:1], all_marks)[1] + judged(texts[1:], all_marks)[1]


FIELDS = ["name", "metadata", "labels", "annotations", "command", "args", "env", "spec", "a", "b.c"]
WORDS = st.sampled_from(["x", "y"]) | st.dictionaries(st.sampled_from(["a", "b.c"]), st.sampled_from(["x", "y"]))
PARTS = st.lists(st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, WORDS)), max_size=3)


@given(PARTS, st.sampled_from(FIELDS), st.sampled_from(FIELDS))
@settings(max_examples=200, deadline=None)
def test_objects_that_do_not_look_the_same_to_a_policy_are_never_one_to_it(part, old, new):
    answers = Answers(CORPUS)
    asked_ = tuple(policy.id for policy in CORPUS.policies.values() if not policy.across)
    text = json.dumps({"spec": part, "metadata": {"name": "a"}})
    changed = [text.replace('"x"', '"y"', 1), text.replace(f'"{old}": ', f'"{new}": ', 1), json.dumps(_turned(json.loads(text)))]
    for other in map(json.loads, changed):
        for one, two in zip(answers.asked("Pod", json.loads(text), asked_), answers.asked("Pod", other, asked_), strict=True):
            assert one.key != two.key or one.question() == two.question(), (text, other)


def _turned(part):
    """Return data with every list the other way round."""
    if isinstance(part, dict):
        return {key: _turned(value) for key, value in part.items()}
    return [_turned(value) for value in reversed(part)] if isinstance(part, list) else part


@pytest.mark.parametrize("part", ["name", "labels", "words"])
def test_what_a_policy_looks_at_is_judged_each_time(part):
    text = JOB.replace("metadata: {", "metadata: {labels: {run: NAME}, ").replace("{name: main, ", "{name: main, args: [NAME], ")
    _, questions = judged([named("first", text), named("second", text)], looking_at(part))
    assert len(questions) == 2 * len({question.policies for question in questions})


@pytest.mark.parametrize(("was", "is_"), [("x:1", "x:2"), ("replicas: 1", "replicas: 2"), ("research", "other"),
                                          ("kind: PyTorchJob", "kind: TFJob")])
def test_another_object_is_judged(was, is_):
    _, questions = judged([named("first"), named("second", JOB.replace(was, is_))])
    _, alone = judged([named("second", JOB.replace(was, is_))])
    assert [question for question in questions if question in alone] == alone


def test_a_policy_that_is_not_ours_sees_everything():
    theirs = replace(CORPUS, added=frozenset(CORPUS.policies))
    text = JOB.replace("metadata: {", "metadata: {labels: {run: x}, ")
    _, questions = judged([named("first", text), named("second", text)], theirs)
    assert [question.about["object"]["metadata"]["name"] for question in questions] == ["first", "second"]
    assert all(question.about["object"]["metadata"]["labels"] for question in questions)


def test_objects_of_one_stream_are_judged_alike():
    engine = Asked(CORPUS)
    judge = Judge(CORPUS, engine)
    judge.files(["-"], io.BytesIO(f"{named('first')}---\n{named('second')}".encode()))
    assert judge.audit().objects == 2
    assert len(asked(engine.questions, "name")) == 2


CASES = sorted(file for folder in assets.folder("policies").glob("*/*") for file in folder.rglob("*.yaml"))


def test_no_policy_of_ours_says_anything_else_of_an_object_of_which_it_sees_less():
    engine = Regorus(CORPUS, facts.data({}))
    selection = Selection(CORPUS, ())
    answers = Answers(CORPUS)
    seen = 0
    for file in CASES:
        for manifest in sources.manifests(str(file), io.BytesIO()):
            if isinstance(manifest, sources.Manifest):
                chosen, _ = selection.policies(manifest.kind, json.dumps(manifest.data))
                less = [said for asked in answers.asked(manifest.kind, manifest.data, chosen)
                        for said in engine.ask([asked.question()])[0]]
                (all_,) = engine.ask([Question(chosen, manifest.kind, {"object": manifest.data})])
                assert sorted(map(repr, less)) == sorted(map(repr, all_)), f"{file}: {manifest.name}"
                seen += len(all_)
    assert seen > 100


def test_a_part_that_there_is_not_is_told(tmp_path):
    rule = tmp_path / "mine" / "odd" / "rule.rego"
    rule.parent.mkdir(parents=True)
    rule.write_text("# METADATA\n# title: Odd\n# custom:\n#   class: advice\n#   severity: info\n#   kinds: [Pod]\n"
                    "#   remedy: none\n#   sources: [none]\n#   looks_at: [lables]\npackage policies.mine[\"odd\"]\n")
    with pytest.raises(SeatrialError, match="lables.*did you mean 'labels'"):
        policies.load(tmp_path)

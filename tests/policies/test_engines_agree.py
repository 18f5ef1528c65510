"""Both engines find the same, to the byte, in every manifest that we have."""

import dataclasses
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest

from conformance import assets
from conformance.policy import facts, opa, policies
from conformance.policy.engine import Question, Regorus, Selection
from conformance.policy.policies import Corpus
from conformance.policy.sources import Manifest, manifests

CORPUS = policies.load()


def files():
    examples = assets.folder("policies").glob("*/*/*/*.yaml")
    good = (assets.folder("fixtures") / "good-manifests").rglob("*.yaml")
    platforms = assets.folder("reference-manifests").rglob("*.yaml")
    return sorted(file for file in (*examples, *good, *platforms) if not file.name.endswith(facts.SUFFIX))


def by_facts() -> dict[str, list[Path]]:
    groups: dict[str, list[Path]] = {}
    for file in files():
        groups.setdefault(json.dumps(facts.beside(file), sort_keys=True), []).append(file)
    return groups


def objects(file):
    return [part for part in manifests(str(file), io.BytesIO()) if isinstance(part, Manifest)]


def text(findings):
    return json.dumps([dataclasses.asdict(found) for found in findings], sort_keys=True)


GROUPS = by_facts()


@pytest.mark.parametrize("known", GROUPS, ids=lambda known: f"facts:{','.join(json.loads(known)) or 'none'}")
def test_both_engines_find_the_same(known, opa_program):
    data = facts.data(json.loads(known))
    regorus = Regorus(CORPUS, data)
    found = [(file, objects(file)) for file in GROUPS[known]]
    # All policies for a kind, whatever words they need: the shorter way that an audit takes must find no less.
    every = Selection(Corpus(library={}, policies={one.id: replace(one, mentions=(), facts=()) for one in
                                                   CORPUS.policies.values()}), ())
    together = tuple(policy.id for policy in CORPUS.policies.values() if policy.across)
    questions = [(f"{file} {one.name}", Question(every.policies(one.kind, "")[0], one.kind, {"object": one.data}))
                 for file, several in found for one in several]
    questions += [(str(file), Question(together, "", {"objects": [one.data for one in several]})) for file, several in found]
    with opa.started(CORPUS, data) as server:
        answers = server.ask([question for _, question in questions])
    differences = []
    for (what, question), answer in zip(questions, answers, strict=True):
        (ours,) = regorus.ask([question])
        if text(ours) != text(answer):
            differences.append(f"{what}:\n  regorus {text(ours)}\n  opa     {text(answer)}")
    assert not differences, "\n".join(differences)


def test_there_is_something_to_agree_on():
    assert len(files()) > len(CORPUS.policies)


def test_a_policy_finds_nothing_where_none_of_its_words_stands():
    regorus, wrong = Regorus(CORPUS, facts.data({})), []
    short = Selection(CORPUS, facts.KNOWN)
    every = Selection(Corpus(library={}, policies={one.id: replace(one, mentions=()) for one in
                                                   CORPUS.policies.values()}), facts.KNOWN)
    for file in files():
        for one in objects(file):
            asked = set(short.policies(one.kind, json.dumps(one.data))[0])
            (said,) = regorus.ask([Question(every.policies(one.kind, "")[0], one.kind, {"object": one.data})])
            wrong += [f"{file}: {found.policy}: {found.message}" for found in said if found.policy not in asked]
    assert not wrong, "\n".join(wrong)

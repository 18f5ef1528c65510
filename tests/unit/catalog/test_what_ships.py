"""The shipped catalogue: every claim has its word, and everything that can be broken is claimed by somebody."""

import ast
from pathlib import Path

import pytest

from conformance import catalog

SUITES = Path(catalog.__file__).parent / "suites"


def said_in(area):
    """Every text that the modules of an area may say, the fixed parts of those with values in them one by one.

    What a component's API refuses is said in the component's own folder.
    """
    rules = (SUITES.parent / "components").glob("*/rules.py") if area == "admission" else ()
    return {node.value for file in (*(SUITES / area).glob("*.py"), *rules)
            for node in ast.walk(ast.parse(file.read_text()))
            if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def said_on_the_way():
    """What is said when something does not come about that only sets the stage."""
    names = {"demand.py", "nodes.py"}
    return {text for file in SUITES.rglob("*.py") if file.name in names
            for node in ast.walk(ast.parse(file.read_text()))
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("eventually", "throughout")
            for keyword in node.keywords if keyword.arg == "because"
            for text in [ast.unparse(keyword.value)]}


CLAIMS = [(behaviour, catch) for behaviour in catalog.behaviours() for catch in behaviour.catches]


@pytest.mark.parametrize(("behaviour", "catch"), CLAIMS,
                         ids=[f"{behaviour.id.partition('::')[2]}-{catch.fault}" for behaviour, catch in CLAIMS])
def test_the_word_of_a_claim_is_said_where_the_behaviour_is_and_not_on_the_way(behaviour, catch):
    assert any(catch.word in text for text in said_in(behaviour.area) if text != catch.word)
    assert not [text for text in said_on_the_way() if catch.word in text]


def test_every_fault_is_claimed_by_some_behaviour():
    assert catalog.uncaught_faults() == ()


def test_every_claim_is_listed_once():
    claims = catalog.claims()
    assert len(claims) == len(set(claims)) == len(CLAIMS)

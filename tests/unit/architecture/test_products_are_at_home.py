"""What only one product knows is said in its folder: nothing outside tells components apart by their names."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import conformance
from conformance import catalog

PACKAGE = Path(conformance.__file__).parent
OUTSIDE = sorted(file for file in PACKAGE.rglob("*.py") if file.relative_to(PACKAGE).parts[0] != "components")


def told_apart(tree: ast.AST, names: frozenset[str]) -> Iterator[int]:
    """Yield the lines where a component's name decides: in comparisons, keys, matches and lookups."""
    def is_name(node: ast.AST | None) -> bool:
        return isinstance(node, ast.Constant) and node.value in names

    def among(node: ast.AST) -> bool:
        return is_name(node) or (isinstance(node, ast.Tuple | ast.List | ast.Set) and any(map(is_name, node.elts)))

    for node in ast.walk(tree):
        if (isinstance(node, ast.Compare) and any(map(among, (node.left, *node.comparators)))) \
                or (isinstance(node, ast.Dict) and any(map(is_name, node.keys))) \
                or (isinstance(node, ast.MatchValue) and is_name(node.value)) \
                or (isinstance(node, ast.Subscript) and is_name(node.slice)) \
                or (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and any(map(is_name, node.args))
                    and node.func.attr in {"component", "get", "pop", "index", "startswith", "endswith"}):
            yield node.lineno


@pytest.mark.parametrize("text", [
    "team.component == 'kueue'", "'kueue' != name", "name in ('kueue', 'other')", "{'kueue': 1}", "known['kueue']",
    "folder.component('kueue')", "known.get('kueue')", "match name:\n    case 'kueue':\n        pass",
])
def test_it_is_seen_where_a_name_decides(text):
    assert [*told_apart(ast.parse(text), frozenset({"kueue"}))]


@pytest.mark.parametrize("text", ["Program(name='kueue')", "print('kueue')", "name == 'other'"])
def test_a_name_that_decides_nothing_may_be_said(text):
    assert not [*told_apart(ast.parse(text), frozenset({"kueue"}))]


def test_nothing_outside_tells_components_apart_by_name():
    names = frozenset(catalog.components())
    found = [f"{file.relative_to(PACKAGE)}:{line}" for file in OUTSIDE
             for line in told_apart(ast.parse(file.read_text(encoding="utf-8")), names)]
    assert found == []


def test_there_are_components_and_modules_to_look_at():
    assert len(catalog.components()) >= 5
    assert len(OUTSIDE) > 100

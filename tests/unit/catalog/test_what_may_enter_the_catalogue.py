import sys

import pytest

from conformance import catalog
from conformance.catalog import HalfMade, behaviour, declared
from conformance.model.behaviour import Catch
from conformance.model.component import Component
from conformance.model.fault import Fault
from conformance.model.feature import Feature
from conformance.model.fidelity import Fidelity


def fault(name):
    return Fault(name=name, description="d", applied=None)


def component(name, *faults):
    return Component(name=name, provides=frozenset({Feature.QUOTA}), install=None, detect=None, dress=None,
                     faults=faults)


@pytest.fixture(autouse=True)
def pretend_components(monkeypatch):
    monkeypatch.setattr(catalog, "components", lambda: {"kueue": component("kueue", fault("quota-dropped"))})
    monkeypatch.setattr(catalog, "_declared", {})


def whole(**changes):
    return behaviour(**{"requirement": "quota", "needs": [Feature.QUOTA], "fidelity": Fidelity.CONTROL_PLANE,
                        "catches": {"quota-dropped": "guaranteed"}, **changes})


def test_a_behaviour_is_named_by_where_it_stands_and_told_by_its_docstring():
    @whole(promise="guaranteed_gpus", alone=False)
    def test_a_team_gets_its_gpus(team):
        """A team gets what it was guaranteed.

        Nobody else
        can say so.
        """

    found = declared(test_a_team_gets_its_gpus)
    assert found.id == "catalog/what_may_enter_the_catalogue::a_team_gets_its_gpus"
    assert found.title == "A team gets what it was guaranteed."
    assert found.why == "Nobody else can say so."
    assert (found.promise, found.alone, found.catches) == (
        "guaranteed_gpus", False, (Catch(fault="quota-dropped", word="guaranteed"),))
    assert found.by_team
    assert found.area == "catalog"


def test_a_behaviour_says_what_it_promises():
    with pytest.raises(HalfMade, match="it has no docstring"):
        @whole()
        def test_silent():
            pass


@pytest.mark.parametrize(("change", "message"), [
    ({"requirement": "quotta"}, "::loud: no requirement 'quotta'\n  way out: known: admission_rules, borrowing"),
    ({"needs": ["teleport"]}, "no feature 'teleport'\n  way out: known: admission-rules, borrowing"),
    ({"catches": {"quota-droped": "guaranteed"}}, "no fault 'quota-droped'\n  way out: known: quota-dropped"),
    ({"promise": "queue"}, "no promise 'queue'\n  way out: known: back_within_s, guaranteed_gpus"),
    ({"catches": {}}, "it catches no fault"),
    ({"catches": {"quota-dropped": ""}}, "'' tells no failure by quota-dropped from any other one"),
    ({"catches": {"quota-dropped": "got"}}, "'got' tells no failure"),
    ({"catches": {"quota-dropped": "Expected to become"}}, "'Expected to become' tells no failure"),
    ({"promise": "guaranteed_gpus"}, "it proves guaranteed_gpus, which a team was promised, and takes no team"),
])
def test_what_is_unknown_is_refused_with_what_is_known(change, message):
    with pytest.raises(HalfMade) as refusal:
        @whole(**change)
        def test_loud():
            """It is loud."""
    assert message in str(refusal.value)


def test_two_behaviours_do_not_share_a_name():
    def first():
        @whole()
        def test_twin():
            """One."""

    def second():
        @whole()
        def test_twin():
            """Other."""

    first()
    first()  # the same lines, imported once more
    with pytest.raises(HalfMade, match="::twin: declared twice, at .* and at line"):
        second()


def test_two_faults_do_not_share_a_name(monkeypatch):
    monkeypatch.setattr(catalog, "components", lambda: {
        "kueue": component("kueue", fault("off")), "volcano": component("volcano", fault("off"))})
    with pytest.raises(HalfMade, match="fault off: both kueue and volcano"):
        catalog.faults()


@pytest.fixture
def packages(tmp_path, monkeypatch):
    """Return a function that writes a package of modules and makes the catalogue walk it."""
    monkeypatch.syspath_prepend(tmp_path)
    written = []

    def write(constant, name, modules):
        for path, text in {"__init__.py": "", **modules}.items():
            file = tmp_path / name / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        monkeypatch.setattr(catalog, constant, name)
        written.append(name)

    yield write
    for module in [module for module in sys.modules if module.partition(".")[0] in written]:
        del sys.modules[module]


BEHAVIOUR = '''
from conformance import Feature, Fidelity, behaviour

@behaviour(requirement="quota", needs=[Feature.QUOTA], fidelity=Fidelity.NODE, catches={{"quota-dropped": "quota is"}})
def test_{name}():
    """It holds."""

def helper():
    pass
'''


def test_behaviours_and_areas_are_found_by_walking(packages):
    packages("SUITES", "walked_suites", {
        "scheduling/__init__.py": "", "scheduling/test_gang.py": BEHAVIOUR.format(name="one"),
        "training/__init__.py": "", "training/test_jobs.py": BEHAVIOUR.format(name="two")})
    assert {found.id for found in catalog.behaviours()} == {"scheduling/gang::one", "training/jobs::two"}
    assert catalog.areas() == ("scheduling", "training")


def test_a_test_in_a_suite_that_declares_nothing_is_refused(packages):
    packages("SUITES", "silent_suites", {"test_gang.py": "def test_silent():\n    pass\n"})
    with pytest.raises(HalfMade, match=r"silent_suites.test_gang.test_silent: it declares no behaviour"):
        catalog.behaviours()


def test_a_fault_that_nobody_catches_is_listed(packages, monkeypatch):
    monkeypatch.setattr(catalog, "components", lambda: {
        "kueue": component("kueue", fault("quota-dropped"), fault("unnoticed"))})
    packages("SUITES", "careless_suites", {"test_gang.py": BEHAVIOUR.format(name="three")})
    assert catalog.uncaught_faults() == ("unnoticed",)


COMPONENT = '''
from conformance.model.behaviour import Catch
from conformance.model.component import Component
from conformance.model.role import Role
COMPONENT = Component(name="{name}", provides=frozenset(), **({{"roles": frozenset({{Role.QUEUE}}), "install": None,
                      "detect": None, "dress": None}} | dict({more})))
'''


@pytest.fixture
def walk(monkeypatch):
    monkeypatch.undo()
    catalog.components.cache_clear()
    yield catalog.components
    catalog.components.cache_clear()


def test_components_are_found_by_walking(walk, packages):
    packages("COMPONENTS", "walked_components", {
        "some_queue/__init__.py": COMPONENT.format(name="some-queue", more="version='v1'"),
        "some_queue/settings.schema.json": '{"type": "object"}', "some_queue/rights.yaml": "survey: []",
        "gpus/__init__.py": COMPONENT.format(name="gpus", more="of_ground=True"), "shared.py": ""})
    assert sorted(walk()) == ["gpus", "some-queue"]
    assert walk()["some-queue"].settings_schema == {"type": "object"}


def test_a_package_without_a_component_is_refused(walk, packages):
    packages("COMPONENTS", "empty_components", {"kueue/__init__.py": ""})
    with pytest.raises(HalfMade, match=r"empty_components.kueue: it has no COMPONENT"):
        walk()


@pytest.mark.parametrize(("name", "more", "message"), [
    ("queue", "version='v1'", "its component is called queue\n  way out: call it some-queue"),
    ("some-queue", "", "nobody says which version it is"),
    ("some-queue", "version='v1'", "it has no settings.schema.json"),
    ("some-queue", "version='v1', roles=frozenset()", "nobody says which part of a platform it plays\n  way out: set roles, "
                                                      "of queue, gang scheduler"),
])
def test_a_half_made_component_is_refused(walk, packages, name, more, message):
    packages("COMPONENTS", "half_components", {"some_queue/__init__.py": COMPONENT.format(name=name, more=more)})
    with pytest.raises(HalfMade) as refused:
        walk()
    assert f"half_components.some_queue: {message}" in str(refused.value)

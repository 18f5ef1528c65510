"""A behaviour that needs a stack runs once for each choice of products that can play its roles."""

import inspect

import pytest

from conformance import catalog
from conformance.catalog import HalfMade
from conformance.model.behaviour import Behaviour, Catch
from conformance.model.component import Component
from conformance.model.fault import Fault
from conformance.model.feature import Feature
from conformance.model.fidelity import Fidelity
from conformance.model.promise import Promises
from conformance.model.role import Role
from conformance.run import planning
from conformance.survey.checks import _supplier


def component(name, *roles, provides=(), faults=()):
    return Component(name=name, provides=frozenset(provides), roles=frozenset(roles), install=None, detect=None, dress=None,
                     faults=tuple(Fault(name=fault, description="d", applied=None) for fault in faults))


MADE_UP = {one.name: one for one in (
    component("kiel", Role.SERVING, faults=["probe-dropped"]), component("lugger", Role.SERVING, Role.GATEWAY),
    component("mole", Role.GATEWAY, faults=["weights-lost"]), component("quay", Role.QUEUE, provides=[Feature.QUOTA]))}


def behaviour(*roles, needs=()):
    return Behaviour(id="serving/split::it_splits", title="", why="", requirement="quota", needs=needs, roles=roles,
                     fidelity=Fidelity.NODE,
                     catches=(Catch(fault="probe-dropped", word="a word"), Catch(fault="weights-lost", word="a word")))


def planned(one, components=None):
    return planning.subjects(one, platform="harbour", promises=Promises(teams=(), confirmed_by=None),
                             components=MADE_UP if components is None else components)


def test_with_one_role_it_runs_once_for_each_product_that_plays_it():
    assert [subject.id for subject in planned(behaviour(Role.SERVING))] == ["kiel", "lugger"]


def test_with_two_roles_it_runs_once_for_each_choice_of_one_product_for_each():
    subjects = planned(behaviour(Role.SERVING, Role.GATEWAY))
    assert [subject.id for subject in subjects] == ["kiel-lugger", "kiel-mole", "lugger", "lugger-mole"]
    assert [subject.component.name for subject in subjects] == ["kiel", "kiel", "lugger", "lugger"]
    assert [subject.stack[Role.GATEWAY].name for subject in subjects] == ["lugger", "mole", "lugger", "mole"]


def test_a_role_that_nobody_plays_is_named():
    (subject,) = planned(behaviour(Role.SERVING, Role.METRICS))
    assert (subject.refusal, subject.lacks) == ("no component of harbour plays the role of metrics", "role metrics")


def test_who_plays_the_first_role_must_be_able_to_do_what_the_behaviour_needs():
    assert [subject.id for subject in planned(behaviour(Role.QUEUE, needs=(Feature.QUOTA,)))] == ["quay"]
    (subject,) = planned(behaviour(Role.SERVING, needs=(Feature.QUOTA,)))
    assert subject.refusal == "no component of harbour plays the role of serving"


def test_a_fault_of_any_product_of_a_stack_is_shown_on_a_stack_that_has_it():
    one = behaviour(Role.SERVING, Role.GATEWAY)
    proofs = planning.proofs(one, planned(one), MADE_UP)
    assert [subject.id for subject in proofs] == [
        "kiel-lugger", "kiel-mole", "kiel-lugger-probe-dropped", "kiel-mole-weights-lost"]


def test_every_shipped_component_plays_a_part_and_a_survey_names_who_would():
    assert {name for name, one in catalog.components().items() if not one.roles} == set()
    assert _supplier("role queue") == "kueue or volcano"


def test_a_stack_for_each_team_is_refused():
    def test_it(platform, team):
        """It splits."""

    assert "team" in inspect.signature(test_it).parameters
    with pytest.raises(HalfMade, match="it needs a stack, and runs for each team"):
        catalog.behaviour(requirement="quota", needs=[], fidelity=Fidelity.NODE, roles=[Role.SERVING],
                          catches={"gpus-time-sliced": "to one container"})(test_it)

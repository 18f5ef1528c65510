"""The contract of components, seen failing: a made-up component that keeps to it, and one that breaks each part of it."""

import copy
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from conformance.clusters.existing import rights
from conformance.errors import SeatrialError, Unsupported
from conformance.kube.api import Api, Refused
from conformance.model.component import Component
from conformance.model.fault import Fault, Site
from conformance.model.folder import ComponentSpec, PlatformFolder
from conformance.model.promise import Team
from conformance.waiting import Unmet

from ...contracts.component import contract
from ...contracts.component.objects import _kinds, differences
from ...contracts.component.places import Place, by_cluster, missing

SETTINGS = {"rounds": 3, "names": ["a", "b"]}
TEAM = Team(name="red", namespace="red", queue="shares", component="half")
OWN = {"survey": [{"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get"]},
                  {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get"]}]}
POD = {"metadata": {"name": "half-1", "namespace": "half"},
       "spec": {"containers": [{"image": "half:1"}], "volumes": [{"configMap": {"name": "settings"}}, {"secret": {}}]},
       "status": {"containerStatuses": [{"state": {"running": {"startedAt": "2026-01-01T10:00:00Z"}}}]}}


def dress(workload, team, name):
    return [{"kind": "Pod", "metadata": {"name": name}, "queue": team.queue}]


def made_up(**otherwise):
    """A component that keeps to the contract, but for what is said."""
    return Component(**{"name": "half", "version": "v1", "provides": frozenset(), "install": lambda *_: None, "dress": dress,
                        "detect": lambda api: "v1", "settings_on": lambda api: SETTINGS, **otherwise})


def folder(name, *components):
    """A platform of some components."""
    specs = tuple(ComponentSpec(name=one, version="v1") for one in components)
    return PlatformFolder(name=name, description="", path=Path(name), nodes=None, components=specs, manifests=(),
                          promises=None)


def test_a_component_that_no_platform_names_is_not_passed_over():
    installed = [Place(made_up(), 0, folder("a", "half"))]
    assert missing({"half": made_up()}, installed) == []
    assert missing({"half": made_up(), "other": made_up()}, installed) == ["other"]
    assert missing({"half": made_up()}, [Place(made_up(), 0)]) == ["half"]


def test_a_platform_comes_onto_a_cluster_that_has_all_its_components():
    one, two, three, four = folder("d", "x"), folder("a", "x", "y"), folder("b", "z"), folder("c", "y")
    assert by_cluster([one, two, three, four]) == [[two, four, one], [three]]


# -- there or not there ----------------------------------------------------------------------------


def test_what_nobody_installed_must_not_be_seen():
    contract.is_absent(made_up(detect=lambda _: None), None)
    with pytest.raises(AssertionError, match="half is not installed, and detect says that v1 is"):
        contract.is_absent(made_up(), None)


@pytest.mark.parametrize(("found", "message"), [
    (None, "half is installed, and detect does not see it"), ("latest", "half v1 is installed, detect says latest")])
def test_what_was_installed_must_be_seen_with_its_version(found, message):
    contract.is_present(made_up(), None)
    with pytest.raises(AssertionError, match=message):
        contract.is_present(made_up(detect=lambda _: found), None)


# -- settings --------------------------------------------------------------------------------------


class Configured:
    """An API server with one pod, and a ConfigMap that was written at some time."""

    def __init__(self, written):
        self.written = written

    def list(self, kind):
        return [POD]

    def read(self, kind, name, namespace):
        assert (kind, name, namespace) == ("v1/ConfigMap", "settings", "half")
        return {"metadata": {"managedFields": [{"time": "2026-01-01T08:00:00Z"}, {"time": self.written}]}}


@pytest.mark.parametrize(("read_back", "message"), [
    ({}, "rounds: expected 3, is missing"), ({**SETTINGS, "names": ["a"]}, "names: expected 2 items, there are 1")])
def test_settings_must_be_read_back_as_they_were_said(read_back, message):
    contract.is_set(made_up(), Configured(""), SETTINGS)
    with pytest.raises(AssertionError, match=f"half: settings_on says otherwise than the folder: {message}"):
        contract.is_set(made_up(settings_on=lambda _: read_back), Configured(""), SETTINGS)


def test_a_program_must_have_read_what_is_said_now():
    assert contract.unread(Configured("2026-01-01T10:00:00Z"), {"half:1"}) == []
    assert contract.unread(Configured("2026-01-01T10:00:01Z"), {"other:1"}) == []
    assert contract.unread(Configured("2026-01-01T10:00:01Z"), {"half:1"}) == [
        "half-1 began at 2026-01-01T10:00:00Z, ConfigMap settings is of 2026-01-01T10:00:01Z"]


def test_other_settings_must_take_the_place_of_those_before():
    said = dict(SETTINGS)

    def install(settings):
        said.clear()
        said.update(settings)

    component = made_up(settings_on=lambda _: dict(said))
    contract.replaces_settings(component, install, Configured(""), SETTINGS)
    with pytest.raises(AssertionError, match="half was installed without settings, and settings_on still says"):
        contract.replaces_settings(component, said.update, Configured(""), SETTINGS)


# -- work ------------------------------------------------------------------------------------------


class Submitting:
    """A platform on which work is taken and runs, unless it is said otherwise."""

    def __init__(self, component, *, refusal=None, unmet=None):
        self.component, self.team, self.nobody = component, TEAM, replace(TEAM, queue="", name="nobody")
        self.refusal, self.unmet, self.teams = refusal, unmet, []

    def submit(self, workload, *, team):
        self.teams.append(team.name)
        if self.refusal and workload.gang:
            raise self.refusal
        return SimpleNamespace(await_running=self.await_running, delete=lambda: None)

    def await_running(self):
        if self.unmet:
            raise self.unmet


def test_dressed_work_must_be_taken():
    contract.works(Submitting(made_up()))
    with pytest.raises(AssertionError, match="a gang, dressed by half, is not taken: Pod work was refused by server"):
        contract.works(Submitting(made_up(), refusal=Refused("Pod work", 400, "no such field")))


def test_dressed_work_must_run():
    with pytest.raises(AssertionError, match="a job, dressed by half, does not run: 0 of 2"):
        contract.works(Submitting(made_up(), unmet=Unmet("0 of 2")))


@pytest.mark.parametrize(("dresses", "whose"), [(dress, "red"), (lambda *_: [], "nobody")])
def test_who_names_no_queue_works_for_nobody(dresses, whose):
    platform = Submitting(made_up(dress=dresses))
    contract.works(platform)
    assert {*platform.teams} == {whose}


# -- rights ----------------------------------------------------------------------------------------


@pytest.fixture
def its_rights(monkeypatch):
    """Its rights.yaml; a test may change it."""
    said = copy.deepcopy(OWN)
    monkeypatch.setattr(rights, "of_all", lambda: {"": {}, "half": said})
    return said


@pytest.fixture
def there(pretend_cluster):
    """A cluster on which it is installed."""
    pretend_cluster.add("apps/v1/Deployment", "half", "half", version="v1")
    pretend_cluster.add("v1/ConfigMap", "settings", "half", data=SETTINGS)
    return pretend_cluster


def looked_at():
    return made_up(detect=lambda api: api.read("apps/v1/Deployment", "half", "half")["version"],
                   settings_on=lambda api: api.read("v1/ConfigMap", "settings", "half")["data"])


def test_rights_must_be_enough_for_a_look(there, its_rights):
    api, whole = Api.open(there.kubeconfig), contract.look(looked_at(), Api.open(there.kubeconfig))[0]
    contract.may_look(looked_at(), api, whole)
    there.refuse.add(("get", "configmaps"))
    with pytest.raises(AssertionError, match="half: its rights for a survey lack get configmaps"):
        contract.may_look(looked_at(), api, whole)


def test_no_right_for_a_look_may_be_too_much(there, its_rights):
    its_rights["survey"].append({"apiGroups": [""], "resources": ["namespaces"], "verbs": ["list"]})
    deployments, _, spaces = contract.own(looked_at(), "survey")
    there.refuse.add(("get", "deployments.apps"))
    contract.is_missed(looked_at(), Api.open(there.kubeconfig), deployments)
    there.refuse = {("list", "namespaces")}
    with pytest.raises(AssertionError, match="half: nobody needs list namespaces of its rights for a survey"):
        contract.is_missed(looked_at(), Api.open(there.kubeconfig), spaces)


def test_rights_must_be_about_what_is_served(there, its_rights):
    contract.names_what_is_served(made_up(), Api.open(there.kubeconfig))
    its_rights["survey"][0]["resources"] = ["deploymnets"]
    with pytest.raises(AssertionError, match="half: rights.yaml names what nobody serves: deploymnets.apps"):
        contract.names_what_is_served(made_up(), Api.open(there.kubeconfig))


def test_one_right_is_taken_away_and_no_other(its_rights):
    right = contract.own(made_up(), "survey")[1]
    assert contract.lacking(made_up(), right, "survey") == OWN["survey"][:1]


@pytest.mark.parametrize(("visits", "message"), [
    (SeatrialError("the account may not: create jobs.batch in visit-red"), "with its own rights: the account may not: create"),
    (None, "what a visit left: .'visit-red'.")])
def test_rights_must_be_enough_for_a_visit_that_leaves_nothing(there, monkeypatch, visits, message):
    api = Api.open(there.kubeconfig)
    monkeypatch.setattr(contract, "visit", lambda *_: None)
    contract.may_visit(made_up(), None, None, api)

    def visit(*_):
        there.add("v1/Namespace", "visit-red")
        if visits:
            raise visits

    monkeypatch.setattr(contract, "visit", visit)
    with pytest.raises(AssertionError, match=f"half: {message}"):
        contract.may_visit(made_up(), None, None, api)


@pytest.mark.parametrize(("said", "kept_out"), [
    ("the account may not: get configmaps", True), ("the account may not: get deployments.apps", False), (None, False)])
def test_without_a_right_a_visit_must_be_refused_naming_it(there, its_rights, monkeypatch, said, kept_out):
    def visit(*_):
        if said:
            raise SeatrialError(said)

    monkeypatch.setattr(contract, "visit", visit)
    right, api = contract.own(made_up(), "survey")[1], Api.open(there.kubeconfig)
    if kept_out:
        contract.is_kept_out(made_up(), None, None, right, api)
    else:
        with pytest.raises(AssertionError, match=f"without the right to get configmaps: {said or 'it was let in'}"):
            contract.is_kept_out(made_up(), None, None, right, api)


@pytest.mark.parametrize(("refused", "message"), [
    (True, "its rights.yaml does not give get configmaps"), (False, "every run may get configmaps anyway")])
def test_a_right_must_be_given_by_its_rights_alone(there, its_rights, refused, message):
    right, api = contract.own(made_up(), "survey")[1], Api.open(there.kubeconfig)
    there.refuse |= {("get", "configmaps")} if refused else set()
    with pytest.raises(AssertionError, match=f"half: {message}"):
        contract.is_only_there(made_up(), api, api, right)


# -- faults ----------------------------------------------------------------------------------------


class Breakable:
    """Objects that faults change."""

    def __init__(self):
        self.objects = {("apps/v1/Deployment", "half", "half"): {"spec": {"replicas": 1}}}

    def snapshot(self):
        return copy.deepcopy(self.objects)

    def fault(self, *, breaks=True, mends=True, only_for=None, **more):
        @contextmanager
        def applied(site):
            if only_for and site.team.name != only_for:
                raise Unsupported(f"{site.team.name} has nothing that could break")
            spec = self.objects["apps/v1/Deployment", "half", "half"]["spec"]
            spec["replicas"] = 0 if breaks else 1
            yield
            spec["replicas"] = 1 if mends else 2

        return Fault(name="half-down", description="nobody works", applied=applied, **more)


SITES = [Site(api=None, team=replace(TEAM, name=name), folder=None) for name in ("red", "blue")]


@pytest.fixture
def breakable(monkeypatch):
    monkeypatch.setenv("SEATRIAL_PATIENCE", "0.001")
    return Breakable()


@pytest.mark.parametrize("told", [{}, {"only_for": "blue"}, {"breaks": False, "in_objects": False}])
def test_a_fault_that_breaks_and_mends_keeps_to_the_contract(breakable, told):
    contract.breaks_and_mends(breakable.fault(**told), SITES, breakable.snapshot(), breakable.snapshot)


def test_a_fault_must_change_something_unless_it_says_that_no_object_tells(breakable):
    with pytest.raises(AssertionError, match="fault half-down changes no object"):
        contract.breaks_and_mends(breakable.fault(breaks=False), SITES, breakable.snapshot(), breakable.snapshot)


def test_a_fault_must_be_taken_back(breakable):
    with pytest.raises(Unmet, match=r"what fault half-down leaves behind.*Deployment half/half: spec.replicas was 1, is 2"):
        contract.breaks_and_mends(breakable.fault(mends=False), SITES, breakable.snapshot(), breakable.snapshot)


def test_a_fault_must_be_one_that_some_platform_can_have(breakable):
    with pytest.raises(Unsupported, match="blue has nothing that could break"):
        contract.breaks_and_mends(breakable.fault(only_for="green"), SITES, breakable.snapshot(), breakable.snapshot)
    component = made_up(faults=(breakable.fault(),))
    contract.are_shown(component, {"half-down"}, {})
    with pytest.raises(AssertionError, match="half: faults that no reference platform can have: half-down .nobody tried."):
        contract.are_shown(component, set(), {})
    with pytest.raises(AssertionError, match="half-down .on a: no team; on b: no node."):
        contract.are_shown(component, set(), {"half-down": ["on a: no team", "on b: no node"]})


def test_what_came_went_and_changed_is_told_by_name():
    one = ("v1/Node", "", "a")
    before, after = {one: {"labels": {"x": "1", "y": "1"}}}, {one: {"labels": {"x": "1", "y": "2"}}}
    assert differences(before, after) == ["Node a: labels.y was '1', is '2'"]
    assert differences(before, {}) == ["Node a is gone"]
    assert differences({}, {("v1/Secret", "b", "c"): {}}) == ["Secret b/c is new"]
    assert differences({one: {"taints": [1, 2]}}, {one: {"taints": [1, 3]}}) == ["Node a: taints[1] was 2, is 3"]


def test_what_another_server_answers_is_not_among_the_objects():
    """It may be away, as Kueue's own API is while Kueue starts anew."""
    class Served:
        def each(self, kind):
            yield {"spec": {"group": "a.example.com", "version": "v1"}}
            yield {"spec": {"group": "b.example.com", "version": "v1", "service": {"name": "b"}}}

        def get(self, path):
            if path == "/apis":
                return {"groups": [{"preferredVersion": {"groupVersion": f"{one}.example.com/v1"}} for one in "ab"]}
            assert "b.example.com" not in path, "503 service unavailable"
            return {"resources": [{"name": "things", "kind": "Thing", "verbs": ["list"]},
                                  {"name": "things/status", "kind": "Thing", "verbs": ["list"]},
                                  {"name": "asked", "kind": "Asked", "verbs": ["create"]}]}

    assert [*_kinds(Served())] == ["v1/Thing", "a.example.com/v1/Thing"]

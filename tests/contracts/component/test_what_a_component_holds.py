"""Every component keeps to what a component is: on an empty cluster, on each reference platform, broken and mended."""

from conformance.clusters.existing import rights
from conformance.errors import Unsupported

from . import contract
from .places import COMPONENTS, FIRST, missing


def test_each_component_is_part_of_a_reference_platform():
    assert missing(COMPONENTS, FIRST) == []


def test_where_nobody_installed_it_it_is_not_seen(installed_by_nobody):
    contract.is_absent(installed_by_nobody.component, installed_by_nobody.api)


def test_what_comes_with_a_cluster_is_there_before_anything_is_installed(of_ground):
    contract.is_present(of_ground.component, of_ground.api)


def test_once_installed_it_is_seen_with_its_version(installed):
    contract.is_present(installed.component, installed.api)


def test_it_runs_with_what_the_folder_says_and_that_is_read_back(configured):
    contract.is_set(configured.component, configured.api, configured.spec.settings)


def test_other_settings_take_the_place_of_those_before(reconfigured):
    contract.replaces_settings(reconfigured.component, reconfigured.install, reconfigured.api, reconfigured.spec.settings)


def test_work_that_it_dressed_is_taken_and_runs(installed):
    with installed.platform() as platform:
        contract.works(platform)


def test_its_rights_name_what_the_cluster_serves(first):
    contract.names_what_is_served(first.component, first.api)


def test_its_own_rights_are_enough_for_a_look_and_none_of_them_is_too_much(first):
    component = first.component
    whole, refused = contract.look(component, first.api)
    assert not refused
    contract.may_look(component, contract.with_rights(first.account("looks", contract.rules(component, "survey"))), whole)
    for number, right in enumerate(contract.own(component, "survey")):
        less = first.account(f"looks-less-{number}", contract.lacking(component, right, "survey"))
        contract.is_missed(component, contract.with_rights(less), right)


def test_its_own_rights_are_enough_for_a_visit_and_each_of_them_is_needed(first):
    component, all_of_it = first.component, ("survey", "run", "changes", "cluster-objects")
    contract.may_visit(component, first.folder, first.account("visits", contract.rules(component, *all_of_it)), first.api)
    for number, right in enumerate(contract.own(component, "run", "changes")):
        less = first.account(f"visits-less-{number}", contract.lacking(component, right, *all_of_it))
        contract.is_kept_out(component, first.folder, less, right, first.api)


def test_what_it_makes_outside_of_namespaces_is_a_right_of_its_own(first):
    component = first.component
    whole = contract.with_rights(first.account("makes", contract.rules(component, *rights.PARTS)))
    for number, right in enumerate(contract.own(component, "cluster-objects")):
        less = first.account(f"makes-less-{number}", contract.lacking(component, right, *rights.PARTS))
        contract.is_only_there(component, whole, contract.with_rights(less), right)


def test_its_faults_apply_and_are_taken_back(breakable):
    before = breakable.snapshot()
    for fault in breakable.component.faults:
        if fault.name in breakable.shown:
            continue
        try:
            contract.breaks_and_mends(fault, breakable.sites, before, breakable.snapshot)
            breakable.shown.add(fault.name)
        except Unsupported as refusal:
            breakable.refused.setdefault(fault.name, []).append(f"{breakable.folder.name}: {refusal.message}")


def test_each_of_its_faults_is_one_that_a_reference_platform_can_have(broken):
    contract.are_shown(broken.component, broken.shown, broken.refused)

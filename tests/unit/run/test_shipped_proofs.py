"""Every claim of the shipped behaviours is planned on some shipped platform: with its fault, after its control."""

import pytest

from conformance import assets, catalog
from conformance.run import planning
from conformance.run.ground import RealGround
from conformance.run.session import Trial
from conformance.run.settings import Chosen, settings

SHIPPED = sorted(path.parent for path in assets.folder("reference-manifests").glob("*/platform.yaml"))


def planned(path):
    """(behaviour, fault) of all proofs that a run of one platform has, and whether each has its control before it."""
    trial = Trial(settings({"platform": Chosen(str(path)), "prove": Chosen(True)}), RealGround(), None)
    found = {}
    for behaviour in catalog.behaviours():
        controls = set()
        for subject in trial.subjects(behaviour):
            if subject.fault is None:
                controls.add(subject.id)
            else:
                sound = planning.Subject(component=subject.component, team=subject.team).id
                found[behaviour.id, subject.fault.name] = sound in controls
    return found


@pytest.fixture(scope="module")
def everywhere():
    return [planned(path) for path in SHIPPED]


def test_every_proof_has_its_control_before_it(everywhere):
    assert {pair for found in everywhere for pair, controlled in found.items() if not controlled} == set()


def test_every_claim_is_tried_on_some_shipped_platform(everywhere):
    claimed = {(claim.behaviour, claim.fault) for claim in catalog.claims()}
    assert claimed - {pair for found in everywhere for pair in found} == set()

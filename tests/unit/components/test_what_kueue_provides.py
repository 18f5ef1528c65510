import pytest

from conformance.components.kueue import COMPONENT
from conformance.model.feature import Feature


@pytest.mark.parametrize(("settings", "shares"), [
    ({}, False),
    ({"fairSharing": {}}, True),
    ({"fairSharing": {"preemptionStrategies": ["LessThanInitialShare"]}}, True),
    ({"apiVersion": "config.kueue.x-k8s.io/v1beta2", "fairSharing": {}}, True),
    ({"apiVersion": "config.kueue.x-k8s.io/v1beta1", "fairSharing": {}}, False),
    ({"apiVersion": "config.kueue.x-k8s.io/v1beta1", "fairSharing": {"enable": True}}, True),
    ({"fairSharing": {"enable": False}}, False),
    ({"fairSharing": None}, False),
])
def test_borrowers_share_fairly_where_the_configuration_says_so(settings, shares):
    assert (Feature.FAIR_SHARING in COMPONENT.set_up(settings).provides) is shares

"""Names and addresses of local clusters: never two of the same, and nothing that cannot work."""

from ipaddress import IPv4Network

import pytest
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store

from conformance.clusters.local.spec import MOST_CLUSTERS, MOST_NODES, ClusterSpec
from conformance.errors import UsageError
from conformance.kube import pki

EVERY = [ClusterSpec(name="a", number=number, real_nodes=MOST_NODES) for number in range(MOST_CLUSTERS)]


def test_no_two_clusters_share_an_address():
    networks = [IPv4Network(net) for spec in EVERY
                for net in (spec.network, spec.pod_cidr, spec.fake_pod_cidr, spec.service_cidr)]
    assert [(one, other) for at, one in enumerate(networks) for other in networks[at + 1:] if one.overlaps(other)] == []


def test_every_node_has_its_own_pods_within_its_clusters_range():
    for spec in EVERY:
        pods = [IPv4Network(node.pod_cidr) for node in spec.nodes]
        assert len(set(pods)) == MOST_NODES
        assert all(net.subnet_of(IPv4Network(spec.pod_cidr)) for net in pods)


def test_the_names_of_links_fit_the_kernels_limit():
    assert max(len(spec.veth(node)) for spec in EVERY for node in spec.nodes) <= 15


@pytest.mark.parametrize("name", ["", "A", "1a", "a-", "a_b", "a/b", "a" * 31, "../x"])
def test_a_name_that_cannot_work_is_refused(name):
    with pytest.raises(UsageError, match="not usable"):
        ClusterSpec(name=name, number=0)


@pytest.mark.parametrize("nodes", [0, MOST_NODES + 1])
def test_a_number_of_nodes_that_cannot_work_is_refused(nodes):
    with pytest.raises(UsageError, match="real nodes cannot be made"):
        ClusterSpec(name="a", number=0, real_nodes=nodes)


def test_a_cluster_is_read_back_as_it_was_recorded(tmp_path, monkeypatch):
    monkeypatch.setenv("SEATRIAL_STATE", str(tmp_path))
    spec = ClusterSpec(name="a", number=3, real_nodes=2, gpus_per_node=4)
    spec.save()
    assert ClusterSpec.read("a") == spec
    assert ClusterSpec.read("b") is None


def test_a_damaged_record_is_no_record(tmp_path, monkeypatch):
    monkeypatch.setenv("SEATRIAL_STATE", str(tmp_path))
    ClusterSpec(name="a", number=3).save()
    (tmp_path / "clusters" / "a" / "cluster.json").write_text('{"name": "a"')
    assert ClusterSpec.read("a") is None


def test_a_certificate_is_trusted_by_its_authority_and_by_no_other():
    authority, other = pki.Authority("one"), pki.Authority("two")
    pair = authority.issue("server", groups=["system:nodes"], serves=["localhost", "10.0.0.1"])
    certificate = x509.load_pem_x509_certificate(pair.certificate)

    def verify(ca, name):
        store = Store([x509.load_pem_x509_certificate(ca.pair.certificate)])
        return PolicyBuilder().store(store).build_server_verifier(x509.DNSName(name)).verify(certificate, [])

    assert verify(authority, "localhost")
    with pytest.raises(x509.verification.VerificationError):
        verify(authority, "elsewhere")
    with pytest.raises(x509.verification.VerificationError):
        verify(other, "localhost")


def test_a_record_of_another_version_is_understood(tmp_path, monkeypatch):
    monkeypatch.setenv("SEATRIAL_STATE", str(tmp_path))
    spec = ClusterSpec(name="a", number=3)
    spec.save()
    record = tmp_path / "clusters" / "a" / "cluster.json"
    record.write_text(record.read_text().replace("{", '{"from_the_future": 1, ', 1))
    assert ClusterSpec.read("a") == spec

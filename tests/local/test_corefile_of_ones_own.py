"""The cluster's DNS takes a Corefile of the platform's own, with upstream's directives."""

from functools import partial

import pytest

from conformance.kube.api import is_true
from conformance.waiting import eventually, patience

COREFILE = """
.:53 {
    log
    errors
    health {
        lameduck 1s
    }
    ready
    autopath @kubernetes
    kubernetes cluster.local in-addr.arpa ip6.arpa {
        pods verified
        fallthrough in-addr.arpa ip6.arpa
        ttl 30
    }
    hosts {
        10.1.2.3 license.example.com
        fallthrough
    }
    rewrite name old.example.com license.example.com
    template IN A made.example.com {
        answer "{{ .Name }} 60 IN A 10.4.5.6"
    }
    acl {
        allow net 0.0.0.0/0
    }
    prometheus :9153
    forward . 127.0.0.1:5300 {
        max_concurrent 1000
    }
    cache 30
    bufsize 1232
    minimal
    loop
    reload
    loadbalance
}
static.example.com:53 {
    file /etc/coredns/zone
}
.:5300 {
    erratic
}
"""
ZONE = """@ 60 IN SOA ns hostmaster 1 60 60 60 60
@ 60 IN NS ns
ns 60 IN A 10.7.8.9
"""


@pytest.fixture
def own(big):
    """The DNS of the cluster with that Corefile, and afterwards as it was."""
    def give(data):
        big.api.apply({"apiVersion": "v1", "kind": "ConfigMap", "data": data,
                       "metadata": {"name": "coredns", "namespace": "kube-system"}})
        # A new pod reads it at once, an old one when its kubelet next looks.
        again = {"spec": {"template": {"metadata": {"annotations": {"corefile": data["Corefile"]}}}}}
        big.api.patch("apps/v1/Deployment", "coredns", again, "kube-system")
        eventually(partial(_rolled_out, big.api), becomes=True, within=patience().ready, because="the new DNS is there",
                   story=partial(big.api.pod_troubles, "kube-system"))

    before = big.api.read("v1/ConfigMap", "coredns", "kube-system")["data"]
    yield partial(give, {"Corefile": COREFILE, "zone": ZONE})
    give(before)


def _rolled_out(api):
    dns = api.read("apps/v1/Deployment", "coredns", "kube-system")
    status = dns["status"]
    return (status.get("observedGeneration") == dns["metadata"]["generation"] and is_true(dns, "Available")
            and status.get("replicas") == status.get("updatedReplicas") == status.get("readyReplicas"))


def test_it_loads_and_answers(own, ran):
    own()
    names = ("license.example.com", "old.example.com", "made.example.com", "ns.static.example.com",
             "kubernetes.default.svc.cluster.local")
    told = ran("asks-the-dns", "sh", "-c", "; ".join(f"nslookup -type=a {name} | sed -n '4,$s/Address: *//p'" for name in names))
    *fixed, _service = told.split()
    assert fixed == ["10.1.2.3", "10.1.2.3", "10.4.5.6", "10.7.8.9"]

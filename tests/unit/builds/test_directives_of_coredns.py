"""Our CoreDNS knows upstream's directives, in upstream's order."""

import re

from conformance.builds.catalogue import PROGRAMS, SETS

VERSION = "v1.15.0"
UPSTREAM = """
root metadata geoip cancel proxyproto quic grpc_server https https3 timeouts multisocket reload nsid bufsize bind debug
trace ready health pprof shed prometheus errors log dnstap local dns64 siit any chaos loadbalance tsig rewrite autopath acl
cache header dnssec tls minimal template transfer dynupdate hosts route53 azure clouddns k8s_external kubernetes file auto
secondary etcd loop forward grpc erratic whoami on sign view nomad
""".split()  # noqa: SIM905 -- as long as it is, a list of strings reads worse
"""The first words of the lines of plugin.cfg of that version."""
LEFT_OUT = {"azure", "clouddns", "dnssec", "nomad", "route53", "trace"}
PACKAGES = {"prometheus": "coredns/coredns/plugin/metrics", "on": "coredns/caddy/onevent"}
"""Of directives that are not named as their package."""

SOURCE = (SETS / "coredns" / "main.go").read_text()


def test_they_are_compared_with_the_version_that_is_built():
    assert PROGRAMS["coredns"].version == VERSION


def test_all_are_there_in_upstreams_order_but_those_with_an_sdk_of_their_own():
    listed = re.findall(r'"(\w+)"', SOURCE.partition("Directives = []string{")[2])
    assert listed == [name for name in UPSTREAM if name not in LEFT_OUT]


def test_each_is_compiled_in():
    imported = set(re.findall(r'_ "github.com/(\S+)"', SOURCE))
    assert imported == {PACKAGES.get(name, f"coredns/coredns/plugin/{name}") for name in UPSTREAM if name not in LEFT_OUT}

"""The engine that asks an OPA server: guests on somebody's server, our own one, and what people are told."""

import http.server
import io
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from opa_client import OpaClient

from conformance import assets
from conformance.errors import SeatrialError
from conformance.model.finding import Policy, PolicyClass, Severity
from conformance.policy import facts, opa, policies
from conformance.policy.engine import Question, Regorus, Selection
from conformance.policy.policies import Corpus
from conformance.policy.sources import Manifest, manifests
from conformance.waiting import eventually

# Two modules of which the second in the alphabet is needed by the first: each is compiled as it arrives.
LIBRARY = {
    "lib/a.rego": 'package lib.a\n\nimport data.lib.b\n\nlong(name) if count(name) > b.limit\n',
    "lib/b.rego": "package lib.b\n\n# No reference: data.nothing\nlimit := data.most\n",
}
RULE = """package policies.pods["short-names"]

import data.lib.a

findings contains {"path": ["metadata", "name"], "message": message} if {
	a.long(input.object.metadata.name)
	message := sprintf("%s is longer than data.most, `%d`", [input.object.metadata.name, data.most])
}
"""
ACROSS = """package policies.pods["one-of-a-name"]

findings contains {"object": i, "path": ["metadata", "name"], "message": "is there twice"} if {
	some i, one in input.objects
	some j, other in input.objects
	i != j
	one.metadata.name == other.metadata.name
}
"""
OTHERS = {"theirs/kind.rego": 'package lib.a\n\nlong(name) := "no" if name\n'}
DATA = {"most": 3}


def policy(identity, source, **more):
    return Policy(id=identity, title="t", severity=Severity.ERROR, policy_class=PolicyClass.ADVICE, kinds=("Pod",),
                  remedy="r", source=source, **more)


CORPUS = Corpus(library=LIBRARY, policies={
    one.id: one for one in (policy("pods/short-names", RULE), policy("pods/one-of-a-name", ACROSS, across=True))})
PODS = [{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}} for name in ("web", "worker", "wörker", "web")]


TOGETHER = Question(("pods/one-of-a-name",), "", {"objects": PODS})


def one(engine, pod):
    (answer,) = engine.ask([Question(("pods/short-names",), "Pod", {"object": pod})])
    return answer


def broken(extra):
    rules = dict(CORPUS.policies)
    rules["pods/short-names"] = replace(rules["pods/short-names"], source=RULE + extra)
    return Corpus(library=LIBRARY, policies=rules)


@contextmanager
def servers(program, *options, token=""):
    """Run somebody's server, which knows nothing of us."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen([program, "run", "--server", "--addr", f"127.0.0.1:{port}", "--skip-version-check",
                                "--log-level=error", *options], stderr=subprocess.DEVNULL)
    client = OpaClient(host="127.0.0.1", port=port, timeout=20, token=token or None)
    try:
        eventually(client.check_health, becomes=True, within=20)
        yield opa.server(f"http://127.0.0.1:{port}"), client
    finally:
        client.close_connection()
        process.kill()
        process.wait()


def test_it_finds_what_the_engine_in_this_process_finds(opa_program):
    regorus = Regorus(CORPUS, DATA)
    many = [Question(("pods/short-names",), "Pod", {"object": pod}) for pod in PODS] * 60  # more than fit one request
    with opa.started(CORPUS, DATA) as server:
        assert server.ask(many) == regorus.ask(many)
        assert server.ask([Question((), "Service", {"object": PODS[1]})]) == regorus.ask([Question((), "Service", {"object": PODS[1]})]) == [[]]
        assert server.ask([TOGETHER]) == regorus.ask([TOGETHER])
        assert [found.index for found in server.ask([TOGETHER])[0]] == [0, 3]
        assert one(server, PODS[2])[0].message == "wörker is longer than data.most, `3`"


def test_a_guest_finds_the_same_disturbs_nothing_and_leaves_nothing(opa_program):
    with servers(opa_program) as (at, theirs):
        for name, source in OTHERS.items():
            theirs.update_policy_from_string(source, name, rego_compat=False)
        theirs.update_or_create_data({"limit": 99}, "most")
        before = theirs.get_data(), theirs.get_policies_list()
        with opa.connected(CORPUS, DATA, at) as first, opa.connected(CORPUS, {"most": 9}, at) as other:
            assert len(one(first, PODS[1])) == 1
            assert one(other, PODS[1]) == []
            assert all(name.startswith("seatrial_") for name in set(theirs.get_policies_list()) - set(before[1]))
        assert (theirs.get_data(), theirs.get_policies_list()) == before


def test_a_guest_brings_all_policies_in_one_module_and_finds_the_same(opa_program):
    corpus, data, selection = policies.load(), facts.data({}), Selection(policies.load(), ())
    questions = []
    for file in sorted(assets.folder("policies").glob("*/*/denied/*.yaml")):
        found = () if file.name.endswith(facts.SUFFIX) else manifests(str(file), io.BytesIO())
        questions += [Question(selection.policies(one.kind, json.dumps(one.data))[0], one.kind, {"object": one.data})
                      for one in found if isinstance(one, Manifest)]
    with servers(opa_program) as (at, theirs), opa.connected(corpus, data, at) as guest:
        assert len(theirs.get_policies_list()) == 1
        answers = guest.ask(questions)
    assert [sorted(map(str, said)) for said in answers] == [sorted(map(str, said)) for said in Regorus(corpus, data).ask(questions)]
    assert sum(map(len, answers)) > len(corpus.policies)


def test_what_cannot_be_merged_comes_by_itself(opa_program):
    rules = {"pods/short-names": replace(CORPUS.policies["pods/short-names"],
                                         source=RULE.replace(", data.most])", ', object.get(data.lib, "b", {}).limit])'))}
    with servers(opa_program) as (at, theirs), opa.connected(Corpus(library=LIBRARY, policies=rules), DATA, at) as guest:
        assert len(theirs.get_policies_list()) == 4
        assert len(one(guest, PODS[1])) == 1


def test_a_guests_rule_that_fails_on_an_object_is_named_with_its_line(opa_program):
    conflict = "\n_two := 1 if input.object\n\n_two := 2 if input.object\n\nfindings contains _two\n"
    with servers(opa_program) as (at, _), opa.connected(broken(conflict), DATA, at) as guest, \
            pytest.raises(SeatrialError, match=r"pods/short-names/rule.rego:1\d: .*(conflict|multiple|must not)"):
        one(guest, PODS[0])


def test_a_guest_that_fails_half_way_leaves_nothing(opa_program):
    with servers(opa_program) as (at, theirs):
        with pytest.raises(SeatrialError, match="OPA refuses a rule"), \
                opa.connected(broken("\nwrong := data.lib.a.nothing(1)\n"), DATA, at):
            pass
        assert theirs.get_policies_list() == []


def test_what_cannot_be_removed_is_named(opa_program, capsys):
    with servers(opa_program) as (at, _), opa.connected(CORPUS, DATA, at) as guest:
        guest._line._client.root_url = "http://127.0.0.1:1/v1"  # as when it goes away under us
    assert f"policies of ours stayed on the OPA server {at}" in capsys.readouterr().err


@pytest.mark.parametrize(("extra", "said"), [
    ("\nwrong := data.lib.a.nothing(1)\n", r"pods/short-names/rule.rego:10: .*undefined function data.lib.a.nothing"),
    ("\nwrong := {\n", r"pods/short-names/rule.rego:1\d: .*unexpected eof token"),
])
def test_a_rule_that_does_not_compile_is_named_with_its_line(opa_program, extra, said):
    with pytest.raises(SeatrialError, match=said), opa.started(broken(extra), DATA):
        pass
    with servers(opa_program) as (at, _), pytest.raises(SeatrialError, match=said) as refused, \
            opa.connected(broken(extra), DATA, at):
        pass
    assert "seatrial_" not in str(refused.value)


def test_a_rule_that_fails_on_an_object_is_named_with_its_line(opa_program):
    conflict = "\n_two := 1 if input.object\n\n_two := 2 if input.object\n\nfindings contains _two\n"
    with opa.started(broken(conflict), DATA) as server, \
            pytest.raises(SeatrialError, match=r"pods/short-names/rule.rego:1\d: .*(conflict|multiple|must not)"):
        one(server, PODS[0])


def test_a_server_that_wants_a_token_is_given_one(opa_program, tmp_path):
    rules = tmp_path / "authority.rego"
    rules.write_text('package system.authz\n\ndefault allow := false\n\nallow if input.identity == "ours"\n\n'
                     'allow if input.path == ["health"]\n')
    with servers(opa_program, "--authentication=token", "--authorization=basic", rules, token="ours") as (at, _):
        with pytest.raises(SeatrialError, match="refuses us: .*") as refused, opa.connected(CORPUS, DATA, at):
            pass
        assert "--opa-token-file or SEATRIAL_OPA_TOKEN" in refused.value.way_out
        with opa.connected(CORPUS, DATA, replace(at, token="ours")) as guest:
            assert len(one(guest, PODS[1])) == 1


def test_nobody_else_has_a_say_in_our_own_server(opa_program, capsys):
    with opa.started(CORPUS, DATA) as server:
        with pytest.raises(SeatrialError, match="refuses us"), \
                opa.connected(CORPUS, DATA, replace(server._line._at, token="")):
            pass
        assert server._line._at.token not in repr(server._line._at) + str(server._line._at)


def test_a_server_that_is_not_there():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        at = opa.server(f"http://127.0.0.1:{probe.getsockname()[1]}")
        with pytest.raises(SeatrialError, match=rf"{at} cannot be reached: Connection refused"), \
                opa.connected(CORPUS, DATA, at):
            pass


def test_a_server_that_does_not_answer():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        at = opa.server(f"http://127.0.0.1:{silent.getsockname()[1]}")
        with pytest.raises(SeatrialError, match="did not answer within 0.2 s"), \
                opa.connected(CORPUS, DATA, at, timeout_s=0.2):
            pass


def test_a_server_that_is_none_of_opa():
    class Page(http.server.BaseHTTPRequestHandler):
        def do_PUT(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200 if self.path.endswith("none") else 404)
            self.end_headers()
            self.wfile.write(b"<html>no</html>")

        do_DELETE = do_PUT  # noqa: N815 -- the name that the server calls

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        with pytest.raises(SeatrialError, match="is no OPA server"), \
                opa.connected(CORPUS, DATA, opa.server(f"http://127.0.0.1:{other.server_port}")):
            pass
        other.shutdown()


def test_a_proxy_of_the_environment_is_not_asked_for_our_own_server(opa_program, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)
    with opa.started(CORPUS, DATA) as server:
        assert len(one(server, PODS[1])) == 1


def test_our_own_server_is_gone_with_the_block_that_used_it(opa_program):
    with opa.started(CORPUS, DATA) as server:
        assert running(opa_program) == [os.getpid()]
        at = server._line._at
    assert running(opa_program) == []
    with pytest.raises(SeatrialError, match="cannot be reached"), opa.connected(CORPUS, DATA, at):
        pass


def test_our_own_server_dies_with_us_when_we_are_killed(opa_program):
    # It sleeps far longer than the test takes: it is not meant to end by itself.
    code = ("import time\nfrom conformance.policy import opa\nfrom conformance.policy.policies import Corpus\n"
            "with opa.started(Corpus(policies={}, library={}), {}):\n    print('up', flush=True)\n    time.sleep(60)\n")
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout.readline() == "up\n"
        assert running(opa_program, child.pid) == [child.pid]
        (server,) = pids(opa_program, child.pid)
        child.send_signal(signal.SIGKILL)
        child.wait()
    eventually(Path(f"/proc/{server}").exists, becomes=False, within=10)


def pids(program, parent):
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            if Path(os.readlink(stat.with_name("exe"))) == program and f") S {parent} " in stat.read_text():
                found.append(int(stat.parent.name))
        except OSError:
            continue  # it has just ended, or is not ours to see
    return found


def running(program, parent=None):
    """Whose children the OPA servers are that we started."""
    parent = parent or os.getpid()
    return [parent for _ in pids(program, parent)]

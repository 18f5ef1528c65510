"""What a server of our own does, whether it is a container or a process."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from http.client import HTTPException
from pathlib import Path

import pytest

from conformance import servers
from conformance.model.finding import Policy, PolicyClass, Severity
from conformance.policy import opa
from conformance.policy.engine import Question, Regorus
from conformance.policy.policies import Corpus
from conformance.servers import container, reaper
from conformance.waiting import eventually


def answers(at):
    with suppress(OSError, HTTPException):
        return urllib.request.urlopen(f"http://{at.host}:{at.port}/health", timeout=5).status == 200
    return False


SERVER = servers.OwnServer(
    program="opa", answers=answers, files={"a/rule.rego": "package a\n\nanswer := data.most + 1\n", "data.json": '{"most": 41}'},
    arguments=("run", "--server", "--addr", servers.ADDRESS, "--skip-version-check", "--log-level=error", servers.FOLDER))


def asked(at):
    with urllib.request.urlopen(f"http://{at.host}:{at.port}/v1/data/a/answer", timeout=20) as answer:
        return json.load(answer)["result"]


def refuses(at):
    try:
        socket.create_connection((at.host, at.port), timeout=5).close()
    except OSError:
        return True
    return False


def ours(client, owner=None):
    """Names of the containers that a process started."""
    mark = f"{container.OWNER_LABEL}={reaper.owner(owner or os.getpid())}"
    return sorted(one.name for one in client.containers.list(all=True, filters={"label": mark}, ignore_removed=True))


def test_it_comes_up_answers_and_goes_down(form):
    with servers.started(SERVER, **form) as at:
        assert asked(at) == 42
    assert refuses(at)


def test_several_stand_side_by_side(form):
    other = replace(SERVER, files={**SERVER.files, "data.json": '{"most": 6}'})
    with servers.started(SERVER, **form) as first:
        with servers.started(other, **form) as second:
            assert (asked(first), asked(second)) == (42, 7)
        assert refuses(second)
        assert asked(first) == 42


def test_only_this_machine_reaches_it(form):
    with servers.started(SERVER, **form) as at:
        tables = "".join(Path(f"/proc/net/{table}").read_text() for table in ("tcp", "tcp6"))
        listening = [row.split()[1] for row in tables.splitlines() if row.split()[3:4] == ["0A"]]
        assert [where for where in listening if where.endswith(f":{at.port:04X}")] == [f"0100007F:{at.port:04X}"]


def test_what_does_not_start_says_why_and_leaves_nothing(form):
    broken = replace(SERVER, files={"a/broken.rego": "package a\n\nwrong := {\n"})
    with pytest.raises(servers.NotStarted) as refused, servers.started(broken, **form):
        pass
    assert refused.value.message.startswith("our own opa server did not start: ")
    assert " a/broken.rego:4: rego_parse_error: unexpected eof token" in refused.value.message
    assert "/tmp" not in refused.value.message


def test_it_is_gone_when_what_it_was_for_fails(form):
    with pytest.raises(ZeroDivisionError), servers.started(SERVER, **form) as at:
        _ = 1 / 0
    assert refuses(at)


CHILD = """import signal, sys
from conformance import servers
from test_server_of_our_own import SERVER
with servers.started(SERVER, sys.argv[1], engine=sys.argv[2]) as at:
    print(at.host, at.port, flush=True)
    signal.pause()
"""


class Child:
    """A process that has started a server and waits."""

    def __init__(self, form):
        self._process = subprocess.Popen([sys.executable, "-c", CHILD, form["form"], form["engine"]], text=True,
                                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True,
                                         env=os.environ | {"PYTHONPATH": str(Path(__file__).parent)})

    def __enter__(self):
        host, port = self._process.stdout.readline().split()
        self.at = servers.Address(host, int(port))
        self.pid = self._process.pid
        return self

    def __exit__(self, *_):
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._process.stdout.close()

    def end(self, number):
        """Send a signal to all of its session, as a terminal or a CI system does."""
        os.killpg(self._process.pid, number)
        self._process.wait()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_stays_of_a_run_that_was_ended(form, number):
    with Child(form) as child:
        assert asked(child.at) == 42
        child.end(number)
        eventually(lambda: refuses(child.at), becomes=True, within=60)


def test_no_container_stays_of_a_run_that_was_killed(engine, docker_client):
    with Child({"form": servers.CONTAINER, "engine": engine}) as child:
        owner = child.pid
        (name,) = ours(docker_client, owner)
        child.end(signal.SIGKILL)
        eventually(lambda: [one.name for one in docker_client.containers.list(all=True, ignore_removed=True)
                            if one.name == name], becomes=[], within=60)


def watch_of(pid):
    """The process that waits for the end of another one."""
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if f"servers/reaper.py\0{pid}\0" in command.read_text():
                return int(command.parent.name)
    raise AssertionError(f"nobody waits for the end of {pid}")


def test_what_a_machine_left_that_stopped_at_once_goes_with_the_next_start(engine, docker_client):
    with Child({"form": servers.CONTAINER, "engine": engine}) as child:
        (name,) = ours(docker_client, child.pid)
        os.kill(watch_of(child.pid), signal.SIGKILL)
        child.end(signal.SIGKILL)
        assert docker_client.containers.get(name).status == "running"
        with servers.started(SERVER, servers.CONTAINER, engine=engine):
            assert name not in [one.name for one in docker_client.containers.list(all=True, ignore_removed=True)]


def test_several_who_remove_what_was_left_do_not_meet(engine, docker_client):
    with Child({"form": servers.CONTAINER, "engine": engine}) as child:
        (name,) = ours(docker_client, child.pid)
        os.kill(watch_of(child.pid), signal.SIGKILL)
        child.end(signal.SIGKILL)

        def left_after_sweeping(_):
            container.sweep_up(engine)
            return [one.name for one in docker_client.containers.list(all=True, ignore_removed=True) if one.name == name]

        with ThreadPoolExecutor(4) as pool:
            assert [*pool.map(left_after_sweeping, range(4))] == [[], [], [], []]


def test_one_container_is_made_nothing_is_pulled_and_nobody_waits_afterwards(engine, docker_client):
    before = {one.name for one in docker_client.containers.list(all=True, ignore_removed=True)}
    with servers.started(SERVER, servers.CONTAINER, engine=engine):
        (made,) = ours(docker_client)
        assert made not in before
        found = docker_client.containers.get(made)
        assert found.image.tags[0].startswith("seatrial.local/opa:v")
        assert found.attrs["HostConfig"]["CapDrop"] == ["ALL"]
        assert found.attrs["Config"]["User"] == container.USER
        watch = watch_of(os.getpid())
    assert ours(docker_client) == []
    assert not Path(f"/proc/{watch}").exists()


def test_a_container_that_somebody_removed_is_no_trouble(engine, docker_client, capfd):
    with servers.started(SERVER, servers.CONTAINER, engine=engine):
        (made,) = ours(docker_client)
        docker_client.containers.get(made).remove(force=True)
    assert capfd.readouterr().err == ""


RULE = 'package policies.pods["short"]\n\nfindings contains {"path": ["metadata"], "message": "long"} if count(input.object.metadata.name) > data.most\n'


def test_policies_are_judged_alike(form):
    policy = Policy(id="pods/short", title="t", severity=Severity.ERROR, policy_class=PolicyClass.ADVICE, kinds=("Pod",),
                    remedy="r", source=RULE)
    corpus = Corpus(library={}, policies={policy.id: policy})
    questions = [Question((policy.id,), "Pod", {"object": {"metadata": {"name": name}}}) for name in ("a", "abcd")]
    with opa.started(corpus, {"most": 3}, **form) as engine:
        assert engine.ask(questions) == Regorus(corpus, {"most": 3}).ask(questions)

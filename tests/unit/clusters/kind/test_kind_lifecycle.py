"""What is made, swept and left alone of clusters of kind, on a pretend engine."""

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from conformance import cli
from conformance.builds import OFFLINE_VARIABLE
from conformance.clusters import kind
from conformance.clusters.kind import engine, lifecycle, node_image, runtime, settings
from conformance.clusters.kind.docker import Docker
from conformance.clusters.kind.settings import Setting
from conformance.clusters.kind.spec import CLUSTER_LABEL, KindSpec
from conformance.clusters.machine.ownership import born, ourselves
from conformance.errors import SeatrialError, UsageError
from conformance.waiting import PATIENCE_VARIABLE

PRETEND = '''
import json, os, sys
from pathlib import Path
here = Path(os.environ["PRETEND"])
words = sys.argv[1:]
with (here / "orders").open("a") as file:
    file.write(json.dumps(words) + "\\n")
if (here / "trouble").exists():
    print((here / "trouble").read_text(), file=sys.stderr)
    raise SystemExit(1)
nodes = json.loads((here / "nodes").read_text())
networks = json.loads((here / "networks").read_text())
if words[0] == "ps":
    cluster = words[-1].partition("cluster=")[2]
    print(*(one["Id"] for one in nodes if cluster in ("", one["Config"]["Labels"]["io.x-k8s.kind.cluster"])), sep="\\n")
elif words[0] == "inspect":
    print(json.dumps([one for one in nodes if one["Id"] in words]))
elif words[0] == "rm":
    (here / "nodes").write_text(json.dumps([one for one in nodes if one["Id"] not in words]))
elif words[:2] == ["network", "ls"]:
    print(*networks, sep="\\n")
elif words[:2] == ["network", "rm"]:
    (here / "networks").write_text(json.dumps([one for one in networks if one not in words]))
elif words[0] == "info":
    print(here)
elif words[0] == "version":
    print("20.10")
elif words[:2] == ["image", "ls"]:
    print("sha256:1" if words[-1].partition("=")[2] in (here / "images").read_text().split() else "")
elif words[:2] == ["image", "inspect"]:
    print(json.dumps([{"Id": "1"}]))
elif words[0] == "pull":
    print("Error response from daemon: no such host", file=sys.stderr)
    raise SystemExit(1)
'''


class Engine:
    """A docker command that holds what it is told to hold."""

    def __init__(self, folder):
        self.folder = folder
        self.hold()

    def hold(self, nodes=(), networks=("bridge", "kind"), images=()):
        for name, what in (("nodes", nodes), ("networks", networks)):
            (self.folder / name).write_text(json.dumps(list(what)))
        (self.folder / "images").write_text(" ".join(images))

    def fail(self, said):
        (self.folder / "trouble").write_text(said)

    def held(self, what):
        found = json.loads((self.folder / what).read_text())
        return [one["Id"] if isinstance(one, dict) else one for one in found]

    def orders(self):
        return [json.loads(line) for line in (self.folder / "orders").read_text().splitlines()]


def node(identity, cluster, source, *, running=True):
    name = f"{cluster}-control-plane"
    return {"Id": identity, "Name": f"/{name}", "State": {"Running": running},
            "Config": {"Labels": {CLUSTER_LABEL: cluster}}, "Mounts": [{"Type": "bind", "Source": str(source)}]}


def ours(identity, cluster, **more):
    return node(identity, cluster, KindSpec(name=cluster).nodes[0].device_plugins, **more)


@pytest.fixture(autouse=True)
def docker(tmp_path, monkeypatch):
    program = tmp_path / "bin" / "docker"
    program.parent.mkdir()
    program.write_text(f"#!{sys.executable}\n{PRETEND}")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    monkeypatch.setenv("PRETEND", str(tmp_path))
    monkeypatch.setenv("SEATRIAL_STATE", str(tmp_path / "state"))
    for variable in ("DOCKER_HOST", settings.IMAGE_VARIABLE, settings.PROGRAM_VARIABLE, OFFLINE_VARIABLE):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(lifecycle, "ROOM_PER_NODE_MB", 0)
    return Engine(tmp_path)


def gone():
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    owner = process.pid, born(process.pid)
    process.communicate()
    return owner


def wanted(name="new"):
    return KindSpec(name=name, complete=False, owner=ourselves())


# -- making ---------------------------------------------------------------------------------------------------


def test_a_new_cluster_sweeps_what_was_abandoned_and_nothing_else(docker):
    KindSpec(name="abandoned", complete=False, owner=gone()).save()
    KindSpec(name="kept").save()
    KindSpec(name="in-use", owner=ourselves()).save()
    docker.hold([ours("1", "abandoned"), ours("2", "kept"), ours("3", "in-use"), node("4", "theirs", "/home/me")],
                ["kind", KindSpec(name="abandoned").network, KindSpec(name="kept").network])
    lifecycle.reserve(wanted())
    assert docker.held("nodes") == ["2", "3", "4"]
    assert docker.held("networks") == ["kind", KindSpec(name="kept").network]
    assert [spec.name for spec in lifecycle.recorded()] == ["in-use", "kept", "new"]


def test_a_name_that_kind_has_from_somebody_else_is_refused_and_left_alone(docker):
    docker.hold([node("1", "new", "/home/me")])
    with pytest.raises(UsageError, match="kind has a cluster new already, which Seatrial did not make") as refused:
        lifecycle.reserve(wanted())
    assert "another --name" in refused.value.way_out
    assert docker.held("nodes") == ["1"]
    assert lifecycle.recorded() == []


@pytest.mark.parametrize(("there", "said"), [
    ({}, "cluster new is already up"), ({"complete": False, "owner": ourselves()}, f"by process {os.getpid()}")],
    ids=["up", "being brought up"])
def test_a_name_that_is_taken_is_refused_with_the_way_out(docker, there, said):
    KindSpec(name="new", **there).save()
    docker.hold([ours("1", "new")])
    with pytest.raises(UsageError, match=said) as refused:
        lifecycle.reserve(wanted())
    assert "seatrial down --cluster kind --name new" in refused.value.way_out
    assert docker.held("nodes") == ["1"]


def test_one_whose_nodes_have_ended_makes_room_for_another_of_its_name(docker):
    KindSpec(name="new").save()
    docker.hold([ours("1", "new", running=False)])
    lifecycle.reserve(wanted())
    assert docker.held("nodes") == []


def test_a_disk_without_room_is_named_before_anything_is_made(docker, monkeypatch):
    monkeypatch.setattr(lifecycle, "ROOM_PER_NODE_MB", 10**9)
    with pytest.raises(SeatrialError, match=rf"the disk that holds {docker.folder} has \d+ MB free, 1 node need"):
        lifecycle.reserve(wanted())
    assert lifecycle.recorded() == []


# -- going ----------------------------------------------------------------------------------------------------


def test_down_takes_what_is_ours_whatever_the_record_says(docker):
    docker.hold([ours("1", "a"), node("2", "a-b", "/home/me")], [KindSpec(name="a").network, KindSpec(name="a-b").network])
    assert kind.down("a") == ["container a-control-plane"]
    assert docker.held("nodes") == ["2"]
    assert docker.held("networks") == [KindSpec(name="a-b").network]
    assert kind.down("a") == []


def test_a_cluster_of_another_state_folder_is_not_ours(docker, monkeypatch, tmp_path):
    docker.hold([ours("1", "a")])
    monkeypatch.setenv("SEATRIAL_STATE", str(tmp_path / "other"))
    assert kind.down("a") == []
    assert kind.down_all() == []
    assert docker.held("nodes") == ["1"]


def test_down_all_takes_what_no_record_tells_of(docker):
    KindSpec(name="recorded").save()
    docker.hold([ours("1", "lost"), node("2", "theirs", "/home/me")])
    assert kind.down_all() == ["lost", "recorded"]
    assert docker.held("nodes") == ["2"]
    assert lifecycle.recorded() == []


def test_an_engine_that_does_not_answer_may_hold_the_nodes_so_nothing_is_forgotten(docker):
    KindSpec(name="a").save()
    docker.fail("Cannot connect to the Docker daemon. Is the docker daemon running?")
    with pytest.raises(SeatrialError, match="cluster a: no Docker engine answers") as refused:
        kind.down("a")
    assert refused.value.way_out == "start that engine, then seatrial down --cluster kind --name a"
    assert [one["state"] for one in kind.status()] == ["dead"]


def test_our_own_engine_takes_its_nodes_with_it(docker):
    KindSpec(name="a", docker_host=engine.socket()).save()
    docker.fail("Cannot connect to the Docker daemon")
    assert kind.down("a") == [f"folder {KindSpec(name='a').folder}"]
    assert kind.status() == []


def test_machines_without_docker_have_nothing_to_take_down(monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert (kind.down("a"), kind.down_all(), kind.status()) == ([], [], [])


def test_an_order_that_docker_still_carries_out_is_waited_for(docker, tmp_path):
    """kind was killed, its docker command was not: the container that it makes comes after we looked."""
    spec = KindSpec(name="a")
    spec.save()
    late = tmp_path / "late" / "docker"
    late.parent.mkdir()
    late.write_text(textwrap.dedent(f"""\
        #!{sys.executable}
        import json, os
        print("here", flush=True)
        input()
        open({str(tmp_path / "nodes")!r}, "w").write(json.dumps([{ours("9", "a")!r}]))
        """))
    late.chmod(0o755)
    # Its first word is what tells docker from others.
    order = subprocess.Popen(["docker", str(late), "run", f"--volume={spec.folder}/node-1/device-plugins:/x"],
                             executable=sys.executable, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert order.stdout.readline() == "here\n"
    down = subprocess.Popen([sys.executable, "-m", "conformance.cli", "down", "--cluster", "kind", "--name", "a"],
                            env=os.environ | {"PYTHONPATH": str(Path(cli.__file__).parents[1])},
                            stdout=subprocess.PIPE, text=True)
    while not (spec.folder.parent / ".lock").exists():
        assert down.poll() is None
    order.communicate("go on\n")
    assert down.communicate()[0] == "cluster a is gone\n"
    assert docker.held("nodes") == []


# -- what was chosen ------------------------------------------------------------------------------------------


def test_the_node_image_is_the_one_asked_for_else_ours_else_kinds_own(docker, monkeypatch):
    assert settings.chosen_image(Docker()) == Setting(settings.STOCK_IMAGE, "default")
    docker.hold(images=[node_image.default_name()])
    assert settings.chosen_image(Docker()).value == node_image.default_name()
    monkeypatch.setenv(settings.IMAGE_VARIABLE, "mine:1")
    assert settings.chosen_image(Docker()) == Setting("mine:1", settings.IMAGE_VARIABLE)


def test_kind_is_the_one_asked_for_else_that_on_path(docker, monkeypatch, tmp_path):
    for folder in ("bin", "elsewhere"):
        program = tmp_path / folder / "kind"
        program.parent.mkdir(exist_ok=True)
        program.touch(mode=0o755)
    assert settings.program() == Setting(str(tmp_path / "bin" / "kind"), "PATH")
    monkeypatch.setenv(settings.PROGRAM_VARIABLE, str(tmp_path / "elsewhere" / "kind"))
    assert settings.program() == Setting(str(tmp_path / "elsewhere" / "kind"), settings.PROGRAM_VARIABLE)
    monkeypatch.setenv(settings.PROGRAM_VARIABLE, "/nowhere/kind")
    with pytest.raises(UsageError, match="/nowhere/kind, which is no program"):
        settings.program()


def test_offline_nothing_is_pulled(docker, monkeypatch):
    monkeypatch.setenv(OFFLINE_VARIABLE, "1")
    with pytest.raises(SeatrialError, match="mine:1 .*offline nothing is pulled") as refused:
        settings.ensure_image(Docker(), Setting("mine:1", "default"))
    assert "seatrial kind image" in refused.value.way_out
    assert not [order for order in docker.orders() if order[0] == "pull"]


def test_an_image_that_cannot_be_pulled_is_named_with_the_ways_to_get_one(docker):
    with pytest.raises(SeatrialError, match="mine:1 .*neither be found nor pulled: .*no such host") as refused:
        settings.ensure_image(Docker(), Setting("mine:1", "default"))
    assert "seatrial kind image" in refused.value.way_out


# -- what a machine lacks -------------------------------------------------------------------------------------


@pytest.fixture
def as_root(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(runtime, "may_be_given", lambda _: True)


TROUBLES = {
    "permission denied while trying to connect to the Docker daemon socket": "may not be used",
    "Cannot connect to the Docker daemon. Is the docker daemon running?": "no Docker engine answers",
}


@pytest.mark.parametrize("said", TROUBLES)
def test_an_engine_that_cannot_be_used_is_what_the_machine_lacks(as_root, docker, said):
    docker.fail(said)
    ((what, way_out),) = kind.missing()
    assert TROUBLES[said] in what
    assert way_out


def test_a_machine_without_docker_says_how_to_get_it(as_root, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert kind.missing() == [("the docker command is not on this machine",
                               "apt-get install -y --no-install-recommends docker.io")]


def test_a_machine_that_may_not_give_a_capability_needs_an_engine_of_our_own(as_root, docker, monkeypatch):
    monkeypatch.setattr(runtime, "may_be_given", lambda _: False)
    ((what, way_out),) = kind.missing()
    assert "CAP_SYS_RESOURCE" in what
    assert way_out == "seatrial kind engine up"
    monkeypatch.setenv("DOCKER_HOST", engine.socket())
    assert kind.missing() == []


def test_an_engine_elsewhere_cannot_share_folders(as_root, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", "ssh://build-machine")
    ((what, way_out),) = kind.missing()
    assert "ssh://build-machine is on another machine" in what
    assert "unix://" in way_out


def test_up_ends_with_the_way_out_before_anything_is_made(as_root, docker, capsys):
    docker.fail("Cannot connect to the Docker daemon. Is the docker daemon running?")
    assert cli.main(["up", "--cluster", "kind", "--name", "a"]) == 3
    assert "seatrial kind engine up" in capsys.readouterr().err
    assert lifecycle.recorded() == []


# -- what kind says -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("said", "cause", "way_out"), [
    ("Creating...\nERROR: failed to create cluster: node(s) already exist\n", "node\\(s\\) already exist", "doctor"),
    ("Command Output: ctr: write /var/x: no space left on device\nERROR: failed to load image\n", "disk .* is full",
     "docker system df"),
    ("", "it said nothing", "doctor")])
def test_what_kind_says_becomes_one_line_with_the_way_out(tmp_path, said, cause, way_out):
    program = tmp_path / "kind"
    program.write_text(f"#!/bin/sh\ncat <<'END'\n{said}END\nexit 1\n")
    program.chmod(0o755)
    spec = KindSpec(name="a")
    spec.save()
    with pytest.raises(SeatrialError, match=cause) as failed:
        lifecycle.kind(spec, Setting(str(program), "test"), "load", "image-archive", "x.tar")
    assert way_out in failed.value.way_out
    assert "\n" not in failed.value.message
    assert said in spec.log.read_text()


def test_kind_that_does_not_end_is_ended(tmp_path, monkeypatch):
    monkeypatch.setenv(PATIENCE_VARIABLE, "0.001")
    program = tmp_path / "kind"
    program.write_text("#!/bin/sh\nexec sleep 600\n")
    program.chmod(0o755)
    spec = KindSpec(name="a")
    spec.save()
    with pytest.raises(SeatrialError, match="`kind create cluster` did not end within 0 s for cluster a"):
        lifecycle.kind(spec, Setting(str(program), "test"), "create", "cluster", "--name", "a")


def test_kind_never_meets_the_users_kubeconfig(tmp_path, monkeypatch):
    monkeypatch.setenv("KUBECONFIG", "/home/me/.kube/config")
    program = tmp_path / "kind"
    program.write_text("#!/bin/sh\necho $KUBECONFIG $KIND_EXPERIMENTAL_DOCKER_NETWORK\n")
    program.chmod(0o755)
    spec = KindSpec(name="a")
    spec.save()
    lifecycle.kind(spec, Setting(str(program), "test"), "version")
    assert spec.log.read_text().splitlines()[-1] == f"{spec.kubeconfig} {spec.network}"

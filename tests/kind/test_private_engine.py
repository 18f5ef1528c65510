"""The Docker engine of our own comes and goes, and the machine is as before."""

import os
import signal

import pytest


def whole_look(apart):
    """What is there, with the firewall's policies; its counters move by themselves."""
    rules = [line.split("[")[0] for line in apart.run("iptables-save").splitlines() if not line.startswith("#")]
    return apart.look() | {"policies": rules, "etc": sorted(os.listdir("/etc")),
                           "switches": apart.run("sysctl", "net.ipv4.ip_forward", "net.ipv4.conf.all.forwarding")}


def test_up_and_down_leave_the_machine_as_it_was(engine):
    before = whole_look(engine.apart)
    engine.up()
    assert engine.status()["state"] == "running"
    while_up = whole_look(engine.apart)
    for unchanged in ("rules", "policies", "switches", "mounts", "settings", "etc"):
        assert while_up[unchanged] == before[unchanged]
    assert "kindengine0" in while_up["links"]
    engine.down()
    assert engine.status()["state"] == "down"
    assert whole_look(engine.apart) == before


def test_up_twice_is_one_engine(engine):
    engine.up()
    first = engine.processes("dockerd --config-file")
    engine.up()
    assert engine.processes("dockerd --config-file") == first != []


@pytest.fixture
def busy(engine):
    """An engine that runs a container on a network of its own, both of which it may not leave behind."""
    engine.before = whole_look(engine.apart)
    engine.up()
    engine.run("sh", "-c", "tar -C /bin -c busybox | docker import - busybox")
    engine.run("docker", "network", "create", "web")
    engine.run("docker", "run", "--detach", "--privileged", "--network", "web", "--publish", "127.0.0.1:8080:80", "busybox",
               "/busybox", "sleep", "3600")
    return engine


@pytest.mark.parametrize("program", ["unshare", "docker-init", "dockerd"])
def test_killed_by_kill_9_it_goes_wholly_and_down_takes_away_what_it_left(busy, program):
    victims = [pid for pid, command in busy.apart.commands()
               if command.startswith(f"{program} ") and str(busy.folder) in command]
    assert victims
    os.kill(victims[0], signal.SIGKILL)
    busy.down()
    assert whole_look(busy.apart) == busy.before


def test_killed_by_kill_9_the_next_up_begins_with_nothing_but_images(busy):
    os.kill(busy.processes("docker-init -- dockerd")[0], signal.SIGKILL)
    busy.up()
    assert busy.images() == ["busybox:latest"]
    assert busy.run("docker", "ps", "--all", "--quiet") == ""
    assert "web" not in busy.run("docker", "network", "ls")
    busy.down()
    assert whole_look(busy.apart) == busy.before


def test_a_lost_record_does_not_keep_the_next_one_from_coming_up(engine):
    before = whole_look(engine.apart)
    engine.up()
    os.kill(engine.processes("docker-init -- dockerd")[0], signal.SIGKILL)
    (engine.folder / "engine.json").unlink()
    engine.up()
    engine.down()
    assert whole_look(engine.apart) == before


def test_down_keeps_images_until_it_is_told_to_purge(busy):
    assert busy.apart.seatrial("kind", "engine", "down") == (0, "the engine is gone\n", "")
    busy.up()
    assert busy.images() == ["busybox:latest"]
    busy.down()
    assert not (busy.folder / "data").exists()


def test_what_runs_in_it_is_reached_from_this_machine(busy):
    server = ["docker", "run", "--detach", "--publish", "127.0.0.1:8081:80", "busybox", "/busybox", "httpd", "-f", "-h", "/"]
    busy.run(*server)
    assert busy.run("sh", "-c", "busybox wget -qO- http://127.0.0.1:8081/busybox | cmp - /bin/busybox && echo same") == "same\n"


def test_a_sweep_of_local_clusters_does_not_take_it_for_one(busy):
    assert busy.apart.seatrial("down", "--all") == (0, "there was nothing to remove\n", "")
    assert busy.status()["state"] == "running"
    assert busy.status()["containers"] == 1


def test_a_second_engine_of_another_state_folder_is_refused_by_name(engine):
    engine.up()
    engine.apart.env["SEATRIAL_STATE"] = f"{engine.apart.state}/o"
    code, _, said = engine.apart.seatrial("kind", "engine", "up")
    assert code == 3
    assert f"the engine of another state folder runs ({engine.folder})" in said
    assert f"SEATRIAL_STATE={engine.apart.state} seatrial kind engine down" in said
    engine.apart.env["SEATRIAL_STATE"] = str(engine.apart.state)

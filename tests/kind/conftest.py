"""Real Docker engines of our own, apart from those of others."""

import json
import os
import subprocess

import pytest

CONFIG = """
kind: Cluster
apiVersion: kind.x-k8s.io/v1alpha4
nodes:
- {role: control-plane, image: "seatrial.local/kind-node:v1.35.4"}
"""
ON_CGROUP_V1 = """
kubeadmConfigPatches:
- |
  kind: KubeletConfiguration
  failCgroupV1: false
"""


class Engine:
    """A private engine in a place apart, looked at with docker's own command."""

    def __init__(self, apart):
        self.apart = apart
        self.folder = apart.state / "kind-engine"
        self.address = f"unix://{self.folder}/docker.sock"

    def up(self):
        code, out, err = self.apart.seatrial("kind", "engine", "up")
        assert (code, out) == (0, f"export DOCKER_HOST={self.address}\n"), err

    def down(self):
        code, _, err = self.apart.seatrial("kind", "engine", "down", "--purge")
        assert code == 0, err

    def run(self, *argv):
        """Run a command whose docker is this engine."""
        done = subprocess.run([*self.apart.inside(), *map(str, argv)], check=False, capture_output=True, text=True,
                              env=os.environ | {"DOCKER_HOST": self.address})
        assert done.returncode == 0, f"{argv}: {done.stdout}{done.stderr}"
        return done.stdout

    def status(self):
        return json.loads(self.apart.seatrial("kind", "engine", "status", "--output", "json")[1])

    def images(self):
        return self.run("docker", "images", "--all", "--format", "{{.Repository}}:{{.Tag}}").split()

    def processes(self, program):
        return self.apart.pids(program, but="/bin/sh")


@pytest.fixture
def engine(apart):
    return Engine(apart)


@pytest.fixture(scope="session")
def shared_engine(apart_for_all):
    there = Engine(apart_for_all)
    there.up()
    return there


@pytest.fixture(scope="session")
def kind_config(tmp_path_factory):
    from conformance.clusters.machine import cgroups

    path = tmp_path_factory.mktemp("kind") / "kind.yaml"
    path.write_text(CONFIG + ("" if cgroups.is_v2() else ON_CGROUP_V1))
    return path

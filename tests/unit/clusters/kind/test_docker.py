"""What the docker command answers, and what its failures mean."""

from pathlib import Path

import pytest

from conformance.clusters.kind.docker import Docker
from conformance.errors import SeatrialError


@pytest.fixture
def docker(tmp_path, monkeypatch):
    """Put a `docker` on PATH that runs the given shell lines."""
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    def behave(lines):
        (tmp_path / "docker").write_text(f"#!/bin/sh\n{lines}\n")
        (tmp_path / "docker").chmod(0o755)
        return Docker("unix:///theirs.sock")

    return behave


def test_it_speaks_to_the_engine_that_was_named(docker):
    assert docker('echo "$DOCKER_HOST $*"').run("ps", "-q") == "unix:///theirs.sock ps -q\n"


@pytest.mark.parametrize(("said", "message", "way_out"), [
    ("Cannot connect to the Docker daemon at unix:///theirs.sock. Is the docker daemon running?",
     "no Docker engine answers (unix:///theirs.sock)", "seatrial kind engine up"),
    ("permission denied while trying to connect to the Docker daemon socket",
     "the Docker engine (unix:///theirs.sock) may not be used", "group docker"),
    ("one\nError response from daemon: no such network", "`docker network` failed: Error response from daemon: no such network", ""),
    ("", "`docker network` failed: it said nothing", "")])
def test_a_failure_is_one_line_with_the_way_out(docker, said, message, way_out):
    with pytest.raises(SeatrialError) as failed:
        docker(f"printf '{said}' >&2; exit 1").run("network", "ls")
    assert failed.value.message.startswith(message)
    assert way_out in failed.value.way_out


def test_without_the_command_the_package_is_named(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(SeatrialError, match="the docker command is not on this machine") as failed:
        Docker().version()
    assert "docker.io" in failed.value.way_out


def test_an_engine_that_does_not_answer_does_not_answer(docker):
    assert not docker("exit 1").answers()
    assert docker("echo 20.10.24").answers()


def test_an_image_that_is_not_there_is_none(docker):
    assert docker("true").image("a:1") is None
    assert docker('[ "$2" = ls ] && echo 0a1b || echo \'[{"Id": "0a1b"}]\'').image("a:1") == {"Id": "0a1b"}


def test_an_archive_is_written_to_load(docker, tmp_path):
    docker(f"cat > {tmp_path}/loaded").load(lambda out: out.write(b"archive"))
    assert (tmp_path / "loaded").read_bytes() == b"archive"


def test_a_load_that_stops_reading_says_why(docker):
    loading = docker("echo 'no space left on device' >&2; exit 1")
    with pytest.raises(SeatrialError, match="`docker load` failed: no space left on device"):
        loading.load(lambda out: [out.write(bytes(1 << 20)) for _ in range(64)])


def test_a_load_that_never_ends_is_ended_and_told(docker, tmp_path, monkeypatch):
    monkeypatch.setattr("conformance.clusters.kind.docker.LOADS_WITHIN_S", 0.5)
    loading = docker(f"echo $$ > {tmp_path}/pid; cat > {tmp_path}/loaded; exec sleep 1000")
    with pytest.raises(SeatrialError, match=r"`docker load` did not end within 0.5 s"):
        loading.load(lambda out: out.write(b"archive"))
    assert not Path("/proc", (tmp_path / "pid").read_text().strip()).exists()


def test_a_load_whose_writer_fails_is_ended(docker, tmp_path):
    def fail(out):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        docker(f"echo $$ > {tmp_path}/pid; exec sleep 1000").load(fail)


def test_a_command_that_hangs_is_given_up(docker):
    with pytest.raises(SeatrialError, match=r"`docker rm` did not end within 0\.1 s"):
        docker("exec sleep 1000").run("rm", within_s=0.1)

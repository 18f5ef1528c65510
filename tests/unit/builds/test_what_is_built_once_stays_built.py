"""The cache of builds: found again, never half, never damaged."""

import os
import select
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from conformance.builds import build, builder, store
from conformance.builds.catalogue import PROGRAMS, Program
from conformance.builds.images import is_static
from conformance.errors import SeatrialError, UsageError

PAUSE = PROGRAMS["pause"]
# A shell that started these tests in the background may have told us to ignore the signal.
BUILD_PAUSE = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); " \
              "from conformance.builds import build; print(build(['pause'])['pause'].cached)"


def left_overs(cache: Path) -> list[Path]:
    return [path for path in cache.rglob("*") if "unfinished" in path.parts]


@pytest.mark.usefixtures("fake_go")
def test_a_second_run_builds_nothing_and_needs_no_go(request):
    first = build(["pause"])["pause"]
    request.getfixturevalue("no_go")
    second = build(["pause"])["pause"]
    assert (first.cached, second.cached) == (False, True)
    assert second.path == first.path
    assert second.path.read_text() == "built\n"


@pytest.mark.usefixtures("real_go")
def test_the_real_pause_program_is_built_and_static():
    built = build(["pause"])["pause"]
    assert os.access(built.path, os.X_OK)
    assert store.digest(built.path) == built.sha256
    assert is_static(built.path)


def flip_a_byte(path: Path) -> None:
    path.write_bytes(b"B" + path.read_bytes()[1:])


def flip_a_byte_and_set_the_time_back(path: Path) -> None:
    before = path.stat()
    with path.open("r+b") as file:
        file.write(b"B")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def truncate(path: Path) -> None:
    os.truncate(path, 2)


def lose_the_record(path: Path) -> None:
    path.with_name(f"{path.name}.json").unlink()


def tear_the_record(path: Path) -> None:
    os.truncate(path.with_name(f"{path.name}.json"), 5)


@pytest.mark.parametrize("harm", [
    flip_a_byte, flip_a_byte_and_set_the_time_back, truncate, lose_the_record, tear_the_record, Path.unlink,
])
@pytest.mark.usefixtures("fake_go")
def test_a_damaged_program_is_built_again(harm, quiet):
    harm(build(["pause"])["pause"].path)
    again = build(["pause"], progress=quiet)["pause"]
    assert not again.cached
    assert again.path.read_text() == "built\n"
    assert build(["pause"])["pause"].cached


@pytest.mark.usefixtures("fake_go")
def test_a_damaged_program_is_named(capsys):
    truncate(build(["pause"])["pause"].path)
    build(["pause"])
    assert "pause: the cached copy is damaged, it is built again" in capsys.readouterr().err


@pytest.mark.usefixtures("fake_go")
def test_verify_finds_damage_that_no_stamp_shows():
    built = build(["pause"])["pause"]
    flip_a_byte(built.path)
    # As if the disk had returned other bytes all by itself: the record believes them.
    said = store.facts(built.path)
    store._write_record(built.path, said)
    assert build(["pause"])["pause"].cached
    assert not build(["pause"], verify=True)["pause"].cached


@pytest.mark.usefixtures("fake_go")
def test_a_touched_but_whole_program_is_kept(request):
    built = build(["pause"])["pause"]
    os.utime(built.path, (1, 1))
    request.getfixturevalue("no_go")
    assert build(["pause"])["pause"].cached


def test_a_killed_build_leaves_no_half_result_and_no_compiler(cache, fake_go, tmp_path, python, quiet):
    told = tmp_path / "told"
    os.mkfifo(told)
    fake_go(f'echo half > "$OUT"; echo $$ > {told}; exec sleep 600')
    process = subprocess.Popen([*python, BUILD_PAUSE], stderr=subprocess.DEVNULL)
    compiler = os.pidfd_open(int(told.read_text()))
    assert left_overs(cache)

    process.send_signal(signal.SIGKILL)
    process.wait()
    ended = select.select([compiler], [], [], 20)[0]
    os.close(compiler)
    assert ended, "the compiler outlived the build that started it"
    assert not builder.place(PAUSE).exists()

    fake_go('echo whole > "$OUT"')
    assert build(["pause"], progress=quiet)["pause"].path.read_text() == "whole\n"
    assert not left_overs(cache)


def test_an_interrupted_build_leaves_nothing(cache, fake_go, tmp_path, python):
    told = tmp_path / "told"
    os.mkfifo(told)
    fake_go(f'echo half > "$OUT"; echo $$ > {told}; exec sleep 600')
    process = subprocess.Popen([*python, BUILD_PAUSE], stderr=subprocess.DEVNULL)
    compiler = os.pidfd_open(int(told.read_text()))
    process.send_signal(signal.SIGINT)
    process.wait()
    assert select.select([compiler], [], [], 20)[0]
    os.close(compiler)
    assert not left_overs(cache)
    assert not builder.place(PAUSE).exists()


def test_a_failed_build_leaves_nothing(cache, fake_go, quiet):
    fake_go('echo half > "$OUT"; exit 1')
    with pytest.raises(SeatrialError):
        build(["pause"], progress=quiet)
    assert not left_overs(cache)
    assert not builder.place(PAUSE).exists()


@pytest.mark.usefixtures("fake_go")
def test_two_builds_at_once_wait_for_each_other(python):
    with store.lock(print):
        process = subprocess.Popen([*python, BUILD_PAUSE], stderr=subprocess.PIPE, stdout=subprocess.PIPE,
                                   text=True)
        assert process.stderr is not None
        assert f"waiting for another build: process {os.getpid()} (" in process.stderr.readline()
    out, _ = process.communicate()
    assert (process.returncode, out) == (0, "False\n")


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(UsageError, match=r"no build called kubelt(.|\n)*kubelet"):
        build(["kubelt"])


@pytest.fixture
def some_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "sets" / "some"
    folder.mkdir(parents=True)
    (folder / "go.mod").write_text("module some\n\ngo 1.26.0\n")
    (folder / "main.go").write_text("package main\n")
    (folder / "notes.txt").write_text("")
    monkeypatch.setattr("conformance.builds.catalogue.SETS", folder.parent)
    return folder


SOME = Program(name="some", folder="some", module="some", package=".")


@pytest.mark.parametrize("file", ["go.mod", "go.sum", "main.go", "more.go"])
def test_the_key_changes_with_every_source(file, some_set, monkeypatch):
    monkeypatch.setattr("conformance.builds.catalogue.requirements", lambda _folder: {})
    before = builder.key(SOME)
    with (some_set / file).open("a") as out:
        out.write("// changed\n")
    assert builder.key(SOME) != before


def test_the_key_stays_when_nothing_changes_that_matters(some_set, monkeypatch):
    monkeypatch.setattr("conformance.builds.catalogue.requirements", lambda _folder: {})
    before = builder.key(SOME)
    os.utime(some_set / "main.go", (1, 1))
    (some_set / "notes.txt").write_text("changed")
    assert builder.key(SOME) == before


@pytest.mark.parametrize("change", [
    lambda monkeypatch: monkeypatch.setattr(builder, "FLAGS", ("-trimpath",)),
    lambda monkeypatch: monkeypatch.setattr(Program, "ldflags", "-s"),
    lambda monkeypatch: monkeypatch.setattr(os, "uname", lambda: SimpleNamespace(machine="aarch64")),
], ids=["build flags", "linker flags", "machine"])
def test_the_key_changes_with_the_way_of_building(change, monkeypatch):
    before = builder.key(PAUSE)
    change(monkeypatch)
    assert builder.key(PAUSE) != before


def test_the_key_changes_with_the_build_tags():
    assert builder.key(replace(PAUSE, tags=("no_btrfs",))) != builder.key(PAUSE)


def test_a_key_names_one_package():
    keys = {builder.key(program) for program in PROGRAMS.values()}
    assert len(keys) == len(PROGRAMS)


@pytest.mark.usefixtures("fake_go")
def test_a_library_call_never_loads_the_terminal_drawing_when_nothing_is_missing(python):
    build(["pause"])
    done = subprocess.run([*python, f"{BUILD_PAUSE}; import sys; print('rich' in sys.modules)"],
                          capture_output=True, text=True, check=True)
    assert done.stdout == "True\nFalse\n"
    assert done.stderr == ""
    assert sys.executable == python[0]

"""`seatrial build`: what it prints and what it leaves alone."""

import argparse
import io
import json

import pytest

from conformance.builds import builder, manifests, store
from conformance.builds.catalogue import PROGRAMS, Program
from conformance.builds.progress import PlainProgress
from conformance.commands import build as command_build
from conformance.errors import SeatrialError, UsageError


def run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    command_build.add_arguments(parser)
    return command_build.run(parser.parse_args(words))


@pytest.mark.usefixtures("no_go")
def test_the_list_names_every_program_and_builds_none(capsys):
    assert run("--list") == 0
    head, *rows = capsys.readouterr().out.splitlines()
    assert head.split() == ["component", "version", "source", "module", "size", "cached"]
    assert [row.split()[0] for row in rows] == list(PROGRAMS)
    assert {row.split()[-1] for row in rows} == {"no"}
    assert ["kubelet", "v1.35.4", "k8s.io/kubernetes", "-", "no"] in [row.split() for row in rows]


@pytest.mark.usefixtures("fake_go")
def test_what_only_kind_needs_is_listed_but_built_on_request_only(capsys, monkeypatch):
    for_kind = {"kind", "kubeadm", "crictl", "kindnetd"}
    monkeypatch.setattr(command_build, "_everything", lambda chosen, _: builder.build([program.name for program in chosen]))
    monkeypatch.setattr(manifests, "keep", lambda *_: None)
    assert run("--output", "json") == 0
    assert {row["component"] for row in json.loads(capsys.readouterr().out)} == set(PROGRAMS) - for_kind
    assert all(built for _, built in builder.state()), "a trial that has all it needs would look for a Go toolchain"
    builder.build(["kind"])
    capsys.readouterr()
    assert run("--list", "--output", "json") == 0
    listed = {row["component"]: row["cached"] for row in json.loads(capsys.readouterr().out)}
    assert {name for name, cached in listed.items() if not cached} == for_kind - {"kind"}


@pytest.mark.usefixtures("fake_go")
def test_a_build_is_listed_as_cached_afterwards(capsys):
    assert run("pause", "--output", "json") == 0
    (made,) = json.loads(capsys.readouterr().out)
    assert (made["component"], made["cached"], made["size_bytes"]) == ("pause", False, 6)
    assert run("--list", "--output", "json") == 0
    cached = {row["component"]: row["cached"] for row in json.loads(capsys.readouterr().out)}
    assert [name for name, there in cached.items() if there] == ["pause"]
    assert any(path.name == "pause.tar" for path in store.root().rglob("*")), "the image was not written"


@pytest.mark.usefixtures("no_go")
def test_the_key_of_the_cache_follows_from_the_pinned_sources(capsys, monkeypatch):
    def said(*names: str) -> str:
        assert run("--key", *names) == 0
        return capsys.readouterr().out

    everything, etcd = said(), said("etcd")
    assert said() == everything
    assert not list(store.root().rglob("*")), "something was built"
    pinned = builder.key
    monkeypatch.setattr(command_build, "key", lambda program: pinned(program) + "x" * (program.name == "kueue"))
    assert said() != everything
    assert said("etcd") == etcd


def test_an_unknown_name_is_a_usage_error():
    with pytest.raises(UsageError):
        run("kublet")


@pytest.mark.usefixtures("fake_go")
def test_an_interrupted_build_says_what_is_kept(monkeypatch):
    run("pause")

    def interrupt(*_args: object, **_kwargs: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(command_build, "build", interrupt)
    with pytest.raises(SeatrialError, match="interrupted: 1 of 2 programs are built and kept"):
        run("pause", "etcd")


def test_lines_say_what_is_built_how_far_and_what_is_left():
    out = io.StringIO()
    progress = PlainProgress(out)
    progress.start("etcd v3.6.16", ["kubelet", "kueue"], 200)
    for done in range(101):
        progress.move("compiling packages", done, 100)
    progress.finish("etcd v3.6.16: 26.0 MiB in 40 s")
    assert out.getvalue().splitlines() == [
        "building etcd v3.6.16 (about 3 min for all of it; 2 left after it: kubelet, kueue)",
        "  compiling packages: 25 of 100",
        "  compiling packages: 50 of 100",
        "  compiling packages: 75 of 100",
        "  compiling packages: 100 of 100",
        "  etcd v3.6.16: 26.0 MiB in 40 s",
    ]


def test_how_long_builds_take_is_told_by_how_long_the_first_ones_took():
    first, second, third = (Program(name=name, folder="own", module="m", package=".", effort_s=effort)
                            for name, effort in (("a", 10), ("b", 40), ("c", 60)))
    pace = builder.Pace()
    assert pace.left_s([first, second, third]) == 110
    pace.add([first], 30)
    assert pace.left_s([second, third]) == 300

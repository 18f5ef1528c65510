"""The cache keeps what is used, and makes room for the rest."""

import os
import time

import pytest

from conformance import cli
from conformance.builds import build, store
from conformance.builds.images import images

DAY_S = 86_400


def unused_for(path, days):
    record = path.with_name(f"{path.name}.json")
    then = time.time() - days * DAY_S
    os.utime(record, (then, then))
    return path


@pytest.fixture
def entries(fake_go):
    """A program that is used, one that is not, and an image that is not."""
    built = build(["pause", "etcd"])
    (image,) = images(["pause"]).values()
    return built["pause"].path, unused_for(built["etcd"].path, 31), unused_for(image, 40)


def test_what_nobody_asked_for_in_a_month_goes_and_the_rest_stays(entries, capsys):
    used, unused, image = entries
    assert cli.main(["build", "--prune"]) == 0
    assert (used.exists(), unused.exists(), image.exists()) == (True, False, False)
    said = capsys.readouterr().out
    assert "programs/etcd-" in said
    assert "unused for 31 days" in said
    assert "freed" in said
    assert cli.main(["build", "--prune"]) == 0
    assert "nothing to free" in capsys.readouterr().out


def test_using_an_entry_keeps_it(entries):
    _, unused, _ = entries
    build(["etcd"])
    assert store.prune()
    assert unused.exists(), "it was asked for today"


def test_above_the_limit_the_longest_unused_go_but_nothing_that_was_used_today(entries):
    used, unused, image = entries
    unused_for(unused, 3)
    unused_for(image, 2)
    total = sum(file.stat().st_size for kind in store.KINDS for file in (store.root() / kind).rglob("*") if file.is_file())
    gone = store.prune(limit_bytes=total - 1)
    assert [one.name.partition("-")[0] for one in gone] == ["programs/etcd"]
    store.prune(limit_bytes=0)
    assert (used.exists(), image.exists()) == (True, False)


def test_a_build_that_adds_to_the_cache_makes_room_in_it(entries, quiet):
    _, unused, _ = entries
    build(["opa"], progress=quiet)
    assert not unused.exists()


def test_what_was_used_is_noted_at_most_once_a_day(entries):
    used, _, _ = entries
    record = used.with_name(f"{used.name}.json")
    before = record.stat().st_mtime_ns
    build(["pause"])
    assert record.stat().st_mtime_ns == before

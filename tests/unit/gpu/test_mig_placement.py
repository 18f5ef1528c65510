"""Which MIG instances fit on one GPU, held against trying everything."""

import re
from collections import Counter
from itertools import combinations_with_replacement, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.errors import UsageError
from conformance.gpu import mig, models
from conformance.gpu.mig import Mig, Profile

H100 = models.model("H100-SXM-80GB").mig
PARTITIONED = [name for name in models.names() if models.model(name).mig]


def named(words, partitions=H100):
    """The profiles of `3g.40gb + 2 x 1g.10gb`."""
    found = []
    for part in words.split(" + "):
        count, _, name = part.rpartition(" x ")
        found += [partitions.profile(name)] * int(count or 1)
    return found


def fits_by_trying_everything(partitions, wanted):
    counts = Counter(profile.name for profile in wanted)
    if any(counts[profile.name] > profile.max_instances for profile in wanted):
        return False
    if len({profile.name for profile in wanted if profile.name.endswith("+me")}) > 1:
        return False
    if sum(profile.compute_slices for profile in wanted) > partitions.compute_slices:
        return False
    for starts in product(*(profile.starts for profile in wanted)):
        taken = [slice_ for profile, start in zip(wanted, starts, strict=True)
                 for slice_ in range(start, start + profile.size)]
        if len(set(taken)) == len(taken) and all(slice_ < partitions.memory_slices for slice_ in taken):
            return True
    return not wanted


def is_sound(partitions, wanted, placed):
    taken = [slice_ for each in placed for slice_ in each.slices]
    return (Counter(each.profile.name for each in placed) == Counter(profile.name for profile in wanted)
            and all(each.start in each.profile.starts for each in placed)
            and len(set(taken)) == len(taken) and all(0 <= slice_ < partitions.memory_slices for slice_ in taken))


@st.composite
def questions(draw):
    """A GPU that nobody makes, and instances for it."""
    slices = draw(st.integers(1, 8))
    profiles = []
    for index in range(draw(st.integers(1, 4))):
        size = draw(st.integers(1, slices))
        starts = draw(st.lists(st.integers(0, slices), unique=True, min_size=1, max_size=4).map(sorted))
        profiles.append(Profile(name=f"{index}g{draw(st.sampled_from(['', '+me']))}", memory_gib=1.0, sms=None,
                                compute_slices=draw(st.integers(1, 4)), max_instances=draw(st.integers(1, 4)),
                                starts=tuple(starts), size=size))
    partitions = Mig(compute_slices=draw(st.integers(1, 8)), memory_slices=slices, profiles=tuple(profiles))
    return partitions, draw(st.lists(st.sampled_from(profiles), max_size=5))


@settings(deadline=None, database=None, max_examples=400)
@given(questions())
def test_the_solver_agrees_with_trying_everything(question):
    partitions, wanted = question
    placed = mig.place(partitions, wanted)

    assert (placed is not None) == fits_by_trying_everything(partitions, wanted) == mig.fits(partitions, wanted)
    assert placed is None or is_sound(partitions, wanted, placed)
    assert bool(mig.why_not(partitions, wanted)) == (placed is None)


@settings(deadline=None, database=None, max_examples=150)
@given(questions())
def test_what_is_said_to_fit_beside_is_all_that_does(question):
    partitions, there = question
    if not mig.fits(partitions, there):
        return
    beside = mig.beside(partitions, there)

    for profile in partitions.profiles:
        count = beside.get(profile.name, 0)
        assert fits_by_trying_everything(partitions, [*there, *[profile] * count])
        assert not fits_by_trying_everything(partitions, [*there, *[profile] * (count + 1)])


@pytest.mark.parametrize("name", PARTITIONED)
def test_on_real_gpus_too_every_set_is_judged_rightly(name):
    partitions = models.model(name).mig
    for size in range(1, 5):
        for wanted in combinations_with_replacement(partitions.profiles, size):
            assert mig.fits(partitions, wanted) == fits_by_trying_everything(partitions, wanted)


@pytest.mark.parametrize("name", ["A30-24GB", "H100-SXM-80GB"])
def test_where_instances_are_put_nothing_is_shut_out_that_could_still_be_added(name):
    partitions = models.model(name).mig
    for size in range(1, 6):
        for wanted in combinations_with_replacement(partitions.profiles, size):
            placed = mig.place(partitions, wanted)
            if placed is None:
                continue
            taken = {slice_ for each in placed for slice_ in each.slices}
            for more in mig.beside(partitions, wanted):
                profile = partitions.profile(more)
                assert any(taken.isdisjoint(range(start, start + profile.size)) for start in profile.starts)


@pytest.mark.parametrize("words", [
    "2 x 3g.40gb", "4g.40gb + 3g.40gb", "4g.40gb + 2g.20gb + 1g.10gb", "3g.40gb + 2 x 2g.20gb",
    "3g.40gb + 2g.20gb + 2 x 1g.10gb", "3 x 2g.20gb + 1g.10gb", "4 x 1g.20gb", "3g.40gb + 2 x 1g.20gb",
    "4g.40gb + 2g.20gb + 1g.20gb", "7 x 1g.10gb", "7g.80gb"])
def test_sets_known_to_fit_on_80_gb(words):
    assert is_sound(H100, named(words), mig.place(H100, named(words)))


@pytest.mark.parametrize(("words", "why"), [
    ("2 x 3g.40gb + 1g.10gb", ("memory slices: 9 of 8",)),
    ("2 x 4g.40gb", ("2 x 4g.40gb: this GPU has at most 1", "compute slices: 8 of 7")),
    ("4 x 2g.20gb", ("4 x 2g.20gb: this GPU has at most 3", "compute slices: 8 of 7")),
    ("3g.40gb + 2 x 2g.20gb + 1g.10gb", ("compute slices: 8 of 7", "memory slices: 9 of 8")),
    ("8 x 1g.10gb", ("8 x 1g.10gb: this GPU has at most 7", "compute slices: 8 of 7")),
    ("2 x 1g.10gb+me", ("2 x 1g.10gb+me: this GPU has at most 1",)),
    ("2 x 1g.20gb + 5 x 1g.10gb", ("memory slices: 9 of 8",)),
])
def test_sets_known_not_to_fit_say_why(words, why):
    assert mig.place(H100, named(words)) is None
    assert mig.why_not(H100, named(words)) == why


@pytest.mark.parametrize("name", PARTITIONED)
def test_on_an_empty_gpu_counting_slices_is_enough(name):
    """Placements decide only where something stands already: no set collides that can be placed freely."""
    partitions = models.model(name).mig
    for size in range(1, 8):
        for wanted in combinations_with_replacement(partitions.profiles, size):
            assert not any(reason.startswith("placements") for reason in mig.why_not(partitions, wanted))


@pytest.mark.parametrize(("words", "why"), [
    ("1g.10gb@0 + 4g.40gb",
     "placements collide: 5 of 8 memory slices would be enough, but 4g.40gb starts only at 0 and is 4 wide, "
     "1g.10gb starts only at 0 and is 1 wide"),
    ("1g.10gb@1 + 1g.10gb@5 + 3g.40gb",
     "placements collide: 6 of 8 memory slices would be enough, but 3g.40gb starts only at 0 or 4 and is 4 wide, "
     "1g.10gb starts only at 1 and is 1 wide, 1g.10gb starts only at 5 and is 1 wide"),
    ("1g.20gb@4 + 3 x 2g.20gb",
     "placements collide: 8 of 8 memory slices would be enough, but 1g.20gb starts only at 4 and is 2 wide, "
     "2g.20gb starts only at 0, 2 or 4 and is 2 wide"),
])
def test_what_stands_already_can_be_in_the_way(words, why):
    assert mig.why_not(H100, named(words)) == (why,)
    assert mig.why_not(H100, named(re.sub("@.", "", words))) == ()


def test_what_stands_somewhere_stays_there():
    placed = mig.place(H100, named("1g.10gb@4 + 4g.40gb"))

    assert [(each.profile.name, each.start) for each in placed] == [("4g.40gb", 0), ("1g.10gb", 4)]


@pytest.mark.parametrize("start", ["1", "8", "-4", "x", "00", "4@4"])
def test_a_place_that_a_profile_cannot_have_is_refused(start):
    with pytest.raises(UsageError) as refused:
        H100.profile(f"3g.40gb@{start}")

    assert str(refused.value) == f"3g.40gb cannot start at memory slice {start}\n  way out: it starts at 0 or 4"


def test_only_one_instance_has_the_media_engines():
    a30 = models.model("A30-24GB").mig

    assert mig.why_not(a30, named("1g.6gb+me + 2g.12gb+me", a30)) == (
        "1g.6gb+me and 2g.12gb+me: only one instance can have the media engines",)
    assert mig.fits(a30, named("1g.6gb+me + 2g.12gb", a30))


def test_the_layout_of_the_guide_stands_where_the_hardware_has_room_for_it():
    placed = mig.place(H100, named("3g.40gb + 2 x 2g.20gb"))

    assert [(each.profile.name, each.start, each.profile.size) for each in placed] == [
        ("2g.20gb", 0, 2), ("2g.20gb", 2, 2), ("3g.40gb", 4, 4)]
    assert mig.beside(H100, named("3g.40gb + 2 x 2g.20gb")) == {}


def test_beside_the_layout_of_the_exercise_one_small_instance_is_left():
    assert mig.beside(H100, named("3g.40gb + 2g.20gb + 1g.10gb")) == {"1g.10gb": 1, "1g.10gb+me": 1}


def test_all_full_layouts_are_found():
    """What is in them, wherever it stands; without the profiles for media and double memory."""
    plain = Mig(compute_slices=7, memory_slices=8, profiles=tuple(
        profile for profile in H100.profiles if profile.name not in {"1g.10gb+me", "1g.20gb"}))
    found = [" + ".join(profile.name for profile in layout) for layout in mig.layouts(plain)]

    assert sorted(found) == sorted([
        "7g.80gb",
        "3g.40gb + 4g.40gb",
        "1g.10gb + 2g.20gb + 4g.40gb",
        "1g.10gb + 1g.10gb + 1g.10gb + 4g.40gb",
        "3g.40gb + 3g.40gb",
        "2g.20gb + 2g.20gb + 3g.40gb",
        "1g.10gb + 1g.10gb + 2g.20gb + 3g.40gb",
        "1g.10gb + 1g.10gb + 1g.10gb + 1g.10gb + 3g.40gb",
        "1g.10gb + 2g.20gb + 2g.20gb + 2g.20gb",
        "1g.10gb + 1g.10gb + 1g.10gb + 2g.20gb + 2g.20gb",
        "1g.10gb + 1g.10gb + 1g.10gb + 1g.10gb + 1g.10gb + 2g.20gb",
        "1g.10gb + 1g.10gb + 1g.10gb + 1g.10gb + 1g.10gb + 1g.10gb + 1g.10gb",
    ])


@pytest.mark.parametrize("name", ["1g.10gb+me", "1g.10gb.me", "mig-1g.10gb.me", "nvidia.com/mig-1g.10gb.me"])
def test_a_profile_is_known_by_its_resource_name_too(name):
    assert H100.profile(name).name == "1g.10gb+me"
    assert H100.profile(name).resource == "nvidia.com/mig-1g.10gb.me"


def test_an_unknown_profile_names_the_nearest():
    with pytest.raises(UsageError) as refused:
        H100.profile("3g.48gb")

    assert str(refused.value) == "there is no MIG profile '3g.48gb' on this GPU\n  way out: did you mean '3g.40gb'?"

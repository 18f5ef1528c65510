"""Where MIG instances fit on one GPU.

A GPU is a row of memory slices, and a profile may stand only at some of them: `nvidia-smi mig -lgipp` prints
`{0,4}:4` for 3g.40gb of an H100, which is start 0 or 4 and 4 slices wide. A set of instances fits when no two
stand on one memory slice, together they need no more compute slices than there are, and no profile is there more
often than its own limit (NVIDIA MIG user guide, Partitioning, and Supported MIG Profiles).
"""

import dataclasses
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from conformance.errors import UsageError, nearest


@dataclass(frozen=True, kw_only=True)
class Profile:
    """One kind of MIG instance."""

    name: str
    """For example `3g.40gb`, or `1g.10gb+me` with media extensions."""
    compute_slices: int
    memory_gib: float
    """What one instance has, as `nvidia-smi mig -lgip` says."""
    sms: int | None
    """Streaming multiprocessors; None when unknown."""
    max_instances: int
    starts: tuple[int, ...]
    """The memory slices that it may begin at."""
    size: int
    """Memory slices, counted from the start."""
    unverified: tuple[str, ...] = ()
    """Which of these numbers nobody has seen on such a GPU."""

    @property
    def media(self) -> bool:
        """Whether it has the GPU's JPEG and OFA engines, of which there is one set."""
        return self.name.endswith("+me")

    @property
    def resource(self) -> str:
        """The resource name under `mig.strategy=mixed` (k8s-device-plugin v0.20.0, internal/rm/rm.go)."""
        return f"nvidia.com/mig-{self.name.replace('+', '.')}"


@dataclass(frozen=True, kw_only=True)
class Mig:
    """How one GPU model can be partitioned."""

    compute_slices: int
    memory_slices: int
    profiles: tuple[Profile, ...]

    def profile(self, name: str) -> Profile:
        """Return a profile by its name or resource name; `3g.40gb@4` is one that stands at memory slice 4.

        Raises UsageError that names the nearest one, or where it may stand.
        """
        plain, _, start = name.removeprefix("nvidia.com/").removeprefix("mig-").replace(".me", "+me").partition("@")
        for profile in self.profiles:
            if profile.name == plain:
                return _standing(profile, start) if start else profile
        raise UsageError(f"there is no MIG profile {plain!r} on this GPU",
                         nearest(plain, [profile.name for profile in self.profiles]))


@dataclass(frozen=True, kw_only=True)
class Placed:
    """An instance and where it stands."""

    profile: Profile
    start: int
    """Its first memory slice."""

    @property
    def slices(self) -> range:
        """The memory slices that it takes."""
        return range(self.start, self.start + self.profile.size)


def place(mig: Mig, wanted: Sequence[Profile]) -> tuple[Placed, ...] | None:
    """Return where the instances stand, from the first memory slice on; None when they do not fit together.

    Of all ways it is one that leaves room for most other profiles.
    """
    ways = list(_ways(mig, wanted))
    return max(ways, key=lambda way: _room(mig, way)) if ways else None


def fits(mig: Mig, wanted: Sequence[Profile]) -> bool:
    """Return whether the instances fit together."""
    return next(_ways(mig, wanted), None) is not None


def why_not(mig: Mig, wanted: Sequence[Profile]) -> tuple[str, ...]:
    """Return why the instances do not fit together; nothing when they do."""
    if fits(mig, wanted):
        return ()
    return _too_many(mig, wanted) + _over(mig, wanted) or (
        f"placements collide: {sum(profile.size for profile in wanted)} of {mig.memory_slices} memory slices "
        f"would be enough, but {_places(wanted)}",)


def beside(mig: Mig, there: Sequence[Profile]) -> dict[str, int]:
    """Return how many instances of each profile still fit beside a set that fits, by name, without the zeros."""
    still = {}
    for profile in mig.profiles:
        more = 0
        while fits(mig, [*there, *[profile] * (more + 1)]):
            more += 1
        if more:
            still[profile.name] = more
    return still


def layouts(mig: Mig) -> tuple[tuple[Profile, ...], ...]:
    """Return every set of instances that fits and to which nothing can be added."""
    found: set[tuple[int, ...]] = set()
    _grow(mig, (), 0, found)
    sets = (tuple(mig.profiles[index] for index in chosen) for chosen in sorted(found))
    return tuple(chosen for chosen in sets if not beside(mig, chosen))


def _grow(mig: Mig, chosen: tuple[int, ...], first: int, found: set[tuple[int, ...]]) -> None:
    found.add(chosen)
    for index in range(first, len(mig.profiles)):
        more = (*chosen, index)
        if fits(mig, [mig.profiles[each] for each in more]):
            _grow(mig, more, index, found)


def _ways(mig: Mig, wanted: Sequence[Profile]) -> Iterator[tuple[Placed, ...]]:
    if _too_many(mig, wanted) or _over(mig, wanted):
        return
    # The widest has the fewest places: it comes first, so that little is tried in vain.
    ordered = sorted(wanted, key=lambda profile: (-profile.size, len(profile.starts), profile.name))
    for way in _stand(mig, ordered, ()):
        yield tuple(sorted(way, key=lambda placed: placed.start))


def _stand(mig: Mig, wanted: Sequence[Profile], there: tuple[Placed, ...]) -> Iterator[tuple[Placed, ...]]:
    if not wanted:
        yield there
        return
    for start in wanted[0].starts:
        if there and there[-1].profile == wanted[0] and start < there[-1].start:
            continue  # the same again, in another order
        placed = Placed(profile=wanted[0], start=start)
        if placed.slices.stop <= mig.memory_slices and _free(placed, there):
            yield from _stand(mig, wanted[1:], (*there, placed))


def _free(placed: Placed, there: Sequence[Placed]) -> bool:
    return all(placed.slices.stop <= other.start or other.slices.stop <= placed.start for other in there)


def _room(mig: Mig, there: Sequence[Placed]) -> int:
    """How many memory slices wide the profiles are, all together, of which one could still be added."""
    return sum(profile.size for profile in mig.profiles
               if any(_free(Placed(profile=profile, start=start), there) for start in profile.starts))


def _too_many(mig: Mig, wanted: Sequence[Profile]) -> tuple[str, ...]:
    there = Counter(profile.name for profile in wanted)
    found = [f"{there[profile.name]} x {profile.name}: this GPU has at most {profile.max_instances}"
             for profile in mig.profiles if there[profile.name] > profile.max_instances]
    media = [profile.name for profile in wanted if profile.media]
    if len(set(media)) > 1:
        found.append(f"{' and '.join(sorted(media))}: only one instance can have the media engines")
    return tuple(found)


def _over(mig: Mig, wanted: Sequence[Profile]) -> tuple[str, ...]:
    compute, memory = (sum(profile.compute_slices for profile in wanted), sum(profile.size for profile in wanted))
    return tuple(f"{kind} slices: {needed} of {available}" for kind, needed, available in (
        ("compute", compute, mig.compute_slices), ("memory", memory, mig.memory_slices)) if needed > available)


def _standing(profile: Profile, start: str) -> Profile:
    if start not in map(str, profile.starts):
        raise UsageError(f"{profile.name} cannot start at memory slice {start}",
                         f"it starts at {_either(profile.starts)}")
    return dataclasses.replace(profile, starts=(int(start),))


def _places(wanted: Sequence[Profile]) -> str:
    widest_first = sorted(set(wanted), key=lambda profile: (-profile.size, profile.name, profile.starts))
    return ", ".join(f"{profile.name} starts only at {_either(profile.starts)} and is {profile.size} wide"
                     for profile in widest_first)


def _either(starts: Sequence[int]) -> str:
    return " or ".join(filter(None, (", ".join(map(str, starts[:-1])), str(starts[-1]))))

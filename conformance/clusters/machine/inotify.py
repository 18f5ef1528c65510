"""How many inotify instances this user can still have: kubelets and API servers wait for ever where there is none."""

import ctypes
import os


def free(wanted: int) -> int:
    """Return how many inotify instances this user can still have, `wanted` at most: by taking them for a moment."""
    init = ctypes.CDLL(None).inotify_init1
    taken = [fd for fd in (init(os.O_CLOEXEC) for _ in range(wanted)) if fd >= 0]
    for fd in taken:
        os.close(fd)
    return len(taken)

"""Settings of the kernel that a kubelet would set on the machine: nodes find files of their own in their place."""

SETTINGS = {"vm/overcommit_memory": 1, "vm/panic_on_oom": 0, "kernel/panic": 10, "kernel/panic_on_oops": 1,
            "kernel/keys/root_maxkeys": 1000000, "kernel/keys/root_maxbytes": 25000000}
"""By path below /proc/sys (a reboot after an oops, for one); the kubelet finds them set already."""

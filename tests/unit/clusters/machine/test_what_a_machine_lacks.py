"""What a machine lacks is named with the command that mends it, before anything is started."""

import subprocess
import sys

ASK = "from conformance.clusters.local import lifecycle; print(*lifecycle.missing(), sep='\\n')"


def test_too_few_inotify_instances_are_a_lack_with_its_mend():
    # A user namespace has a limit of its own: nobody else's instances are taken.
    limited = f"echo 7 > /proc/sys/user/max_inotify_instances && exec {sys.executable} -c \"$0\""
    told = subprocess.run(["unshare", "--user", "--map-root-user", "sh", "-c", limited, ASK],
                          capture_output=True, text=True, check=True).stdout
    assert ("('inotify instances: 7 are free, a node takes 20', "
            "'sysctl -w fs.inotify.max_user_instances=1024')\n") in told


def test_a_machine_with_enough_of_them_does_not_lack_them():
    told = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True, check=True).stdout
    assert "inotify" not in told

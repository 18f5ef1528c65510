# Makes a Debian system and packs it, with what kube-proxy needs of it in an archive of its own.
# Runs in namespaces of its own. debian.sh ROOT OUT IN_MEMORY ARCHITECTURE COMPONENTS PACKAGES SUITE MIRROR
set -euo pipefail
root=$1 out=$2
[ "$(realpath "$root")" != / ] || { echo "$root is the host's own system" >&2; exit 1; }
[ "$3" = no ] || mount -t tmpfs -o mode=0755 none "$root" # dpkg writes its files through to a disk, one by one
debootstrap --variant=minbase --arch="$4" --components="$5" --include="$6" "$7" "$root" "$8"
# shellcheck disable=SC2016 # expanded in there
chroot "$root" /bin/bash -euo pipefail -c '
    shopt -s nullglob
    cd /
    programs=(usr/sbin/{iptables,ip6tables,xtables,nft,conntrack,modprobe}*)
    extensions=(usr/lib/*/xtables/*.so)
    libraries=$({ ldd "${programs[@]}" "${extensions[@]}" 2>/dev/null || true; } | # some are scripts
        grep -oE "/[^ :()]+\.so[^ :()]*" | sed s,^/,, | sort -u)
    tar --create --dereference --hard-dereference --numeric-owner "${programs[@]}" "${extensions[@]}" $libraries
' >"$out/iptables.tar"
tar --create --file="$out/debian.tar" --directory="$root" --numeric-owner --exclude='./proc/*' --exclude='./sys/*' \
    --exclude='./var/cache/apt/archives/*.deb' .

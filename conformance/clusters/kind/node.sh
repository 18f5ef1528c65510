# Unpacks a Debian system, has a kind node made of it and packs that as an image's layer.
# Runs in namespaces of its own, without a network. node.sh ROOT STAGE DEBIAN LAYER IN_MEMORY VERSION
set -euo pipefail
root=$1 stage=$2
[ "$(realpath "$root")" != / ] || { echo "$root is the host's own system" >&2; exit 1; }
[ "$5" = no ] || mount -t tmpfs -o mode=0755 none "$root"
tar --extract --file="$3" --directory="$root" --numeric-owner --preserve-permissions
mkdir "$root/.make"
mount --bind "$stage" "$root/.make"
while IFS=$'\t' read -r source inside; do # half a GiB that need not be copied
    touch "$stage/$inside"
    mount --bind "$source" "$root/.make/$inside"
done <"$stage/binds"
mount -t proc proc "$root/proc"
chroot "$root" /bin/bash "/.make/inside.sh" "$6"
umount --recursive "$root/.make"
rmdir "$root/.make"
tar --create --file="$4" --directory="$root" --numeric-owner --sort=name --exclude='./proc/*' --exclude='./sys/*' \
    --exclude='./dev/*' --exclude='./run/*' --exclude='./tmp/*' .

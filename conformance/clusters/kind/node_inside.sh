# Makes a kind node of a Debian system: what kind's own Dockerfile does, and then the images of the cluster's servers.
# Runs inside that system by chroot; /.make holds what goes into it. $1: the Kubernetes version.
set -euo pipefail
shopt -s nullglob
[ -f /.make/binds ] || { echo "this is not a system in the making: nothing is changed" >&2; exit 1; }
systemd=/usr/lib/systemd/system

cp -r /.make/files/. /
chmod 0755 /kind /kind/bin /kind/bin/* /usr/local/bin/*
install -m 0755 /.make/bin/* /usr/bin/
install -m 0755 /.make/keep-kernel-settings.sh /kind/bin/
install -m 0644 /.make/keep-kernel-settings.service /etc/systemd/system/
mkdir -p /opt/cni /etc/kubernetes/manifests /kind/manifests
ln -sfn /usr/lib/cni /opt/cni/bin
install -m 0644 /.make/default-cni.yaml /kind/manifests/default-cni.yaml
printf %s "$1" >/kind/version
for program in containerd ctr containerd-shim-runc-v2; do
    ln -sfn "/usr/bin/$program" "/usr/local/bin/$program" # where kind's units look
done

# A container boots, not a machine: nothing is started but what a node is made of.
ln -sfn /usr/lib/systemd/systemd /usr/sbin/init
rm -f "$systemd"/sysinit.target.wants/systemd-tmpfiles-setup.service "$systemd"/multi-user.target.wants/* \
    "$systemd"/local-fs.target.wants/* "$systemd"/basic.target.wants/* /etc/systemd/system/*.wants/* \
    "$systemd"/sockets.target.wants/*udev* "$systemd"/sockets.target.wants/*initctl*
grep -qx ReadKMsg=no /etc/systemd/journald.conf || echo ReadKMsg=no >>/etc/systemd/journald.conf
systemctl -q enable kubelet.service containerd.service undo-mount-hacks.service keep-kernel-settings.service
# The kernel is the host's.
systemctl -q mask systemd-binfmt.service
rm -f /usr/lib/sysctl.d/*

# With cgroup v1 kind takes this line for a sign that the node is up, which it is not: systemd has not begun. Without it
# kind waits for systemd, as it does with v2, and a node that does not boot is told after 30 s, not after 4 minutes.
sed -i 's/detected cgroup v1/cgroup v1/' /usr/local/bin/entrypoint

# Every container gets kind's product files, and no limits of its own that a host could refuse.
hook='{"path": "/kind/bin/mount-product-files.sh"}'
ctr oci spec | jq ".hooks.createContainer += [$hook] | del(.process.rlimits)" >/etc/containerd/cri-base.json
# Without CAP_SYS_RESOURCE nobody may be less likely to be killed for memory than containerd is; where there is no
# profile loader, AppArmor must not be asked for.
config=/etc/containerd/config.toml
sed -i -e 's/restrict_oom_score_adj = false/restrict_oom_score_adj = true/' \
    -e 's/^\[plugins\."io\.containerd\.grpc\.v1\.cri"\]$/&\n  disable_apparmor = true/' "$config"
for setting in restrict_oom_score_adj disable_apparmor; do
    grep -q "$setting = true" "$config" || { echo "kind's containerd configuration has no place for $setting" >&2; exit 1; }
done

# The images go into containerd's store by containerd itself; they are unpacked when a node first runs them.
mkdir -p /.make/run /.make/tmp
printf 'version = 2\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n' >/.make/containerd.toml
socket=/.make/run/containerd.sock
containerd --config /.make/containerd.toml --address "$socket" --state /.make/run >/.make/containerd.log 2>&1 &
daemon=$!
answers() { ctr --address "$socket" version >/dev/null 2>&1; }
for _ in {1..150}; do
    answers && break
    kill -0 "$daemon" || { tail -n 1 /.make/containerd.log >&2; exit 1; }
    sleep 0.1 # it has no way to say that it is ready
done
answers || { echo "containerd did not answer within 15 s" >&2; exit 1; }
for archive in /.make/images/*.tar; do
    ctr --address "$socket" --namespace k8s.io images import --label io.cri-containerd.pinned=pinned \
        --all-platforms --no-unpack --digests "$archive"
done
kill "$daemon"
wait "$daemon" || true

rm -rf /var/lib/apt/lists/* /var/cache/apt/* /usr/share/doc/* /usr/share/man/* /usr/share/locale/* \
    /var/log/* /etc/resolv.conf /etc/hostname

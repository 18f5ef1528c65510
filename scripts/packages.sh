# What the machine itself must have for clusters, as packages of Debian and Ubuntu.
# Sourced by setup.sh; run by itself, as root, it installs what is missing.

missing_packages() {
    command -v runc >/dev/null || echo runc
    [ -x /usr/lib/cni/ptp ] || [ -x /opt/cni/bin/ptp ] || echo containernetworking-plugins
    command -v iptables >/dev/null || echo iptables
    command -v conntrack >/dev/null || echo conntrack
    command -v ip >/dev/null || echo iproute2
    [ -x /bin/busybox ] || echo busybox-static
    [ -x /bin/bash-static ] || echo bash-static
    [ -e /etc/ssl/certs/ca-certificates.crt ] || [ -d /etc/pki/tls/certs ] || echo ca-certificates
}

install_packages() {
    [ $# -gt 0 ] || return 0
    printf '== installing %s\n' "$*" >&2
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
    set -euo pipefail
    mapfile -t missing < <(missing_packages)
    install_packages "${missing[@]}"
fi

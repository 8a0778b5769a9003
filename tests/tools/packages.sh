#!/bin/sh
# Installs the Debian packages that the tests need: the lines marked [test] in bindep.txt.
#
# Services stay off: the tests start their own, as long as they need them. Without the rights
# it says what is missing, and the exact command.
set -eu
cd "$(dirname "$0")/../.."

missing=
for package in $(sed -n 's/^\([a-z0-9.+-]*\) \[test .*/\1/p' bindep.txt) git; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' ||
        missing="$missing $package"
done
[ -z "$missing" ] && exit 0

if ! command -v apt-get >/dev/null; then
    echo "The tests need these Debian packages or what corresponds to them here:$missing" >&2
    exit 1
fi
if [ "$(id -u)" -ne 0 ]; then
    echo "The tests need these Debian packages. As root:  apt-get install$missing" >&2
    exit 1
fi

policy=/usr/sbin/policy-rc.d # exit code 101 forbids a package's scripts to start its services
if [ ! -e $policy ]; then
    trap 'rm -f $policy' EXIT
    printf '#!/bin/sh\nexit 101\n' >$policy
    chmod +x $policy
fi
echo "Installing$missing ..."
export DEBIAN_FRONTEND=noninteractive
log=build/apt.log
mkdir -p build
{
    apt-get -o DPkg::Lock::Timeout=300 update &&
        # shellcheck disable=SC2086  # a list of words
        apt-get -o DPkg::Lock::Timeout=300 install --yes --no-install-recommends $missing
} >$log 2>&1 </dev/null || {
    tail -n 20 $log >&2
    echo "apt-get could not install$missing; all of its words: $log" >&2
    exit 1
}

#!/bin/sh
# Runs the unit tests, a lab run and an ordinary playbook with the callbacks on another release of ansible-core.
#
#   matrix.sh CORE CACHE VENV    CORE is 2.16, 2.19 or 2.21
#
# Between them the three rows use every Python that the collection supports, where the machine has it.
# VENV has run the unit tests already (`make unit`), so on its own ansible-core only the two playbooks are left.
set -eu
cd "$(dirname "$0")/../.."
core=$1 cache=$2 venv=$3

case $core in
2.16) lock=core-2.16 pythons="3.12 3.11" ;;
2.19) lock=test pythons="3.11" ;;
2.21) lock=test pythons="3.13 3.12" ;;
*) echo "matrix.sh: no row for ansible-core $core" >&2 && exit 2 ;;
esac

if ! python=$(tests/tools/python.sh $pythons 2>/dev/null); then
    echo "SKIPPED ansible-core $core: it needs one of Python $pythons, and this machine has none of them"
    exit 0
fi

suites="tests/integration/test_embedded_lab.py tests/integration/test_ordinary_playbook.py tests/integration/test_callbacks.py"
if "$venv/bin/ansible" --version | grep -qF "[core $core."; then
    environment=$venv
else
    requirements=tests/requirements/$lock.txt
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    environment=$cache/venvs/$lock-$(sha256sum $requirements | cut -c1-12)-$version
    tests/tools/venv.sh "$environment" $requirements "$version"
    suites="tests/unit $suites"
    # Environments in the cache are shared by checkouts, so the way to this one is said here.
    tests/tools/link.sh build/collections
    export PYTHONPATH="$PWD/build/collections" ANSIBLE_COLLECTIONS_PATH="$PWD/build/collections"
fi

"$environment/bin/ansible" --version | sed -n '1p; /python version/p'
# shellcheck disable=SC2086  # a list of paths
exec env PATH="$environment/bin:$PATH" "$environment/bin/pytest" -o cache_dir=build/pytest-$core $suites

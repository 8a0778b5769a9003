#!/bin/sh
# Locks every *.in file anew: the newest versions that fit, for Python 3.11 to 3.13, with hashes.
#
#   lock.sh UV [--upgrade]    UV is the path of the uv program
#
# All locks agree on the run time: requirements.txt is made first and constrains the others.
# core-2.16.txt is the test environment on the oldest ansible-core that requires_ansible admits;
# netbox.txt is a server that shares nothing with us and wants Python 3.12.
set -eu
cd "$(dirname "$0")/../.."

export UV_CUSTOM_COMPILE_COMMAND="make lock"
uv=$1
shift
oldest=3.11

compile() { # IN OUT [OPTION...]
    in=$1 out=$2
    shift 2
    "$uv" pip compile --quiet --universal --python-version "$oldest" --generate-hashes \
        --no-emit-index-url --no-emit-find-links "$@" "$in" --output-file "$out"
}

compile requirements.in requirements.txt "$@"
for name in test tools bench; do
    compile tests/requirements/$name.in tests/requirements/$name.txt --constraints requirements.txt "$@"
done
compile tests/requirements/test.in tests/requirements/core-2.16.txt \
    --overrides tests/requirements/core-2.16.in "$@"
oldest=3.12
compile tests/requirements/netbox.in tests/requirements/netbox.txt "$@"

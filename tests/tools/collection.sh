#!/bin/sh
# Builds the collection and installs the artefact, so that gates see what users get:
# build/galaxy/ansible_collections/prime/netops.
#
# Usage: collection.sh BIN    BIN holds ansible-galaxy
#
# The copy is replaced only when its sources differ from those it was made of, and callers at once
# wait for each other, because several gates read the copy at the same time.
set -eu
cd "$(dirname "$0")/../.."
bin=$1

mkdir -p build
exec 9>build/galaxy.lock
flock 9

dist=build/dist
rm -rf "$dist"
"$bin/ansible-galaxy" collection build --force --output-path "$dist" >build/galaxy.log 2>&1 || {
    cat build/galaxy.log >&2
    exit 1
}
# The artefact's own list of files and checksums; the archive itself differs by its time stamps.
files=$(tar -xzOf "$dist"/*.tar.gz FILES.json | sha256sum)
if [ "$(cat build/galaxy/.key 2>/dev/null)" != "$files" ]; then
    rm -rf build/galaxy
    "$bin/ansible-galaxy" collection install --force --no-deps --offline \
        --collections-path build/galaxy "$dist"/*.tar.gz >build/galaxy.log 2>&1 || {
        cat build/galaxy.log >&2
        exit 1
    }
    # ansible-test and ansible-lint ask git for the files, and this checkout's git ignores build/.
    git init --quiet build/galaxy
    echo "$files" >build/galaxy/.key
fi

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

# Beside the one that others may be reading, which is left alone if nothing has changed.
new=build/dist.new
rm -rf "$new"
"$bin/ansible-galaxy" collection build --force --output-path "$new" >build/galaxy.log 2>&1 || {
    cat build/galaxy.log >&2
    exit 1
}
# The artefact's own word for itself and all its files; the archive differs by its time stamps.
content=$(tar -xzOf "$new"/*.tar.gz MANIFEST.json | sha256sum)
if [ "$(cat build/galaxy/.key 2>/dev/null)" != "$content" ] || [ ! -d build/dist ]; then
    rm -rf build/galaxy build/dist
    mv "$new" build/dist
    "$bin/ansible-galaxy" collection install --force --no-deps --offline \
        --collections-path build/galaxy build/dist/*.tar.gz >build/galaxy.log 2>&1 || {
        cat build/galaxy.log >&2
        exit 1
    }
    # ansible-test and ansible-lint ask git for the files, and this checkout's git ignores build/.
    git init --quiet build/galaxy
    echo "$content" >build/galaxy/.key
fi
rm -rf "$new"

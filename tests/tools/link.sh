#!/bin/sh
# Makes this checkout importable as prime.netops from a directory: DIRECTORY/ansible_collections/prime/netops.
#
# The link goes into an environment or below build/, never into the repository: a link to the
# collection's own root sends tools that follow links round and round.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd -P)
link=$1/ansible_collections/prime/netops

[ "$(readlink "$link" 2>/dev/null)" = "$root" ] && exit 0
mkdir -p "$(dirname "$link")"
ln -sfn "$root" "$link"

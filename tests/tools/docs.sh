#!/bin/sh
# Writes the reference of every plugin and role, as ansible-doc shows it, to build/docs.
set -eu
cd "$(dirname "$0")/../.."
mkdir -p build/docs
export NO_COLOR=1

for type in module callback inventory lookup filter role; do
    for name in $(ansible-doc --type $type --list prime.netops 2>/dev/null | sed -n 's/^\(prime\.netops\.[a-z_]*\).*/\1/p' | sort -u); do
        ansible-doc --type $type "$name" >"build/docs/$type-${name##*.}.txt"
        echo "build/docs/$type-${name##*.}.txt"
    done
done

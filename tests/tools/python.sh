#!/bin/sh
# Prints the path of a Python that can make a virtual environment.
#
#   python.sh 3.13 3.12 3.11    the first of these versions that the machine has
#
# A version counts only when it really starts and has the parts that some distributions split off:
# a pyenv shim of a version that is not switched on, or Debian's python3 without python3-venv, does not.
set -eu

usable() { # PATH VERSION; prints the interpreter itself, since PATH may be a shim that follows other settings
    [ -x "$1" ] && "$1" - "$2" 2>/dev/null <<'EOF'
import ensurepip, sqlite3, ssl, sys, venv
if sys.argv[1] != "%d.%d" % sys.version_info[:2]:
    sys.exit(1)
print(sys.executable)
EOF
}

for version in "$@"; do
    for candidate in \
        "$(command -v "python$version" || :)" \
        "${PYENV_ROOT:-$HOME/.pyenv}/versions/$version".*/bin/python \
        "/usr/local/bin/python$version" \
        "/usr/bin/python$version"; do
        usable "$candidate" "$version" && exit 0
    done
done

echo "No usable Python among: $*. Install one together with its venv module" \
    "(Debian: apt-get install python3-venv), or by pyenv." >&2
exit 1

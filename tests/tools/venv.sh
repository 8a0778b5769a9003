#!/bin/sh
# Makes a virtual environment that holds exactly what a lock file names.
#
#   venv.sh DIRECTORY LOCKFILE VERSION...    with the first Python of these versions that is there
#
# Nothing happens when the directory already fits: its key names the lock file's content and its own
# place, because a virtual environment that was moved does not start. A half-made one has no key.
# Two callers at once wait for each other.
set -eu

tools=$(dirname "$0")
case $1 in /*) directory=$1 ;; *) directory=$PWD/$1 ;; esac
lock=$2
shift 2

key="$(sha256sum <"$lock") $directory $*"
fits() { [ -x "$directory/bin/python" ] && [ "$(cat "$directory/.key" 2>/dev/null)" = "$key" ]; }

fits && exit 0
mkdir -p "$(dirname "$directory")"
exec 9>"$directory.lock"
flock 9
fits && exit 0

python=$("$tools/python.sh" "$@")
echo "Setting up $directory with $("$python" -V) from $lock ..."
rm -rf "$directory"
"$python" -m venv "$directory"
log=$directory/install.log
if ! "$directory/bin/python" -m pip install --disable-pip-version-check --no-input \
    --require-hashes -r "$lock" >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    echo "Could not install $lock into $directory; all of pip's words: $log" >&2
    exit 1
fi
echo "$key" >"$directory/.key"

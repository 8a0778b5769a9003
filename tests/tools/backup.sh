#!/bin/sh
# Runs playbooks/backup.yml and says in its last lines where everything lies.
#
#   backup.sh LAB INVENTORY [OPTION...]    without an INVENTORY on the embedded lab, kept in LAB
#
# A lab that this started ends with it; what it backed up stays, so that a second run has something
# to compare with. Options go to ansible-playbook. The exit code is ansible-playbook's.
set -eu
cd "$(dirname "$0")/../.."
lab=$1 inventory=$2
shift 2

if [ -z "$inventory" ]; then
    was_running=$(tests/tools/lab_runs.sh "$lab" && echo yes || :)
    inventory=$(python -m tests.lab.fleet up --state "$lab")
    [ -n "$was_running" ] || trap 'python -m tests.lab.fleet down --state "$lab" >/dev/null' EXIT
fi

code=0
ansible-playbook playbooks/backup.yml -i "$inventory" "$@" || code=$?
exit $code

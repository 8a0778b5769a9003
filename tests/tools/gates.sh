#!/bin/sh
# One gate of the collection, by name; the Makefile's targets call it.
#
#   gates.sh NAME VENV TOOLS    VENV holds the run time, TOOLS the tools with needs of their own
set -eu
cd "$(dirname "$0")/../.."
name=$1 venv=$2/bin tools=$3/bin
export PATH="$venv:$tools:$PATH"

case $name in
style)
    ruff format --check .
    ruff check .
    ;;
types)
    mypy
    ;;
changelog)
    antsibull-changelog lint
    ;;
lint)
    # Names of the collection's own resolve to the installed copy.
    tests/tools/collection.sh "$venv"
    ANSIBLE_COLLECTIONS_PATH=$PWD/build/galaxy "$tools/ansible-lint" --offline --strict
    ;;
importer)
    tests/tools/collection.sh "$venv"
    # It reads the plugins' documentation by ansible-doc; ansible-lint and sanity are gates here.
    export GALAXY_IMPORTER_RUN_ANSIBLE_TEST=False GALAXY_IMPORTER_RUN_ANSIBLE_LINT=False
    export GALAXY_IMPORTER_CHECK_REQUIRED_TAGS=True
    log=build/importer.log
    "$tools/python" -m galaxy_importer.main build/dist/*.tar.gz >$log 2>&1 || {
        cat $log
        exit 1
    }
    cat $log
    # What the importer only warns of stays visible on Galaxy for ever.
    ! grep -E '^(WARNING|ERROR)' $log >/dev/null
    ;;
*)
    echo "gates.sh: no gate is called $name" >&2
    exit 2
    ;;
esac

#!/bin/sh
# One gate of the collection by name, for the Makefile's targets.
#
#   gates.sh NAME VENV TOOLS    VENV holds the run time, TOOLS the tools with needs of their own
set -eu
cd "$(dirname "$0")/../.."
name=$1 venv=$2/bin tools=$3/bin
export PATH="$venv:$tools:$PATH"

case $name in
style)
    ruff check . || failed=yes
    ruff format --check . && [ -z "${failed-}" ]
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
    cd build # it leaves its result in the working directory
    "$tools/python" -m galaxy_importer.main dist/*.tar.gz >importer.log 2>&1 || failed=yes
    cat importer.log
    # What the importer only warns of would stay visible on Galaxy.
    [ -z "${failed-}" ] && ! grep -qE '^(WARNING|ERROR)' importer.log
    ;;
molecule)
    # A copy in the home directory would hide this checkout.
    ANSIBLE_COLLECTIONS_PATH=$(echo "$2"/lib/python3.*/site-packages)
    export ANSIBLE_COLLECTIONS_PATH NO_COLOR=1
    "$tools/molecule" test --all
    ;;
*)
    echo "gates.sh: no gate is called $name" >&2
    exit 2
    ;;
esac

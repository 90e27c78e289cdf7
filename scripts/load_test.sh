#!/bin/sh
# Puts a running instance under load, then proves that nothing was lost: `scripts/load_test.sh --help` names the scenarios.
case $0 in */*) here=${0%/*} ;; *) here=. ;; esac
. "$here/python.sh"
exec "$python" "$repository/socialgraph/local_stack/bootstrap.py" load "$@"

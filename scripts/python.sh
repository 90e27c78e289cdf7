# Sourced by the scripts here, which set $here: sets $repository, and $python to a Python of 3.11 or later.
# PYTHON in the environment names one to use instead of the newest on the PATH.
repository=$(CDPATH= cd -- "$here/.." && pwd -P) || exit 1

is_new_enough() {
    "$1" -I -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

python=
if [ -n "$PYTHON" ]; then
    is_new_enough "$PYTHON" && python=$PYTHON
else
    for candidate in python3.14 python3.13 python3.12 python3.11 python3 python; do
        if is_new_enough "$candidate"; then
            python=$candidate
            break
        fi
    done
fi
if [ -z "$python" ]; then
    echo "Socialgraph needs Python 3.11 or newer${PYTHON:+, and $PYTHON is none}: install it, or name it in PYTHON." >&2
    exit 1
fi

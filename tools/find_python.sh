#!/bin/sh
# Prints the path of the first Python that is of a wanted version and can make virtual environments.
#
# Usage: find_python.sh VERSION...        for example: find_python.sh 3.11 3.13
# Looks, version by version, on the PATH and under pyenv; at $PYTHON alone where that is set.
# Where none fits: exit code 2 and one line that says what to do.

candidates() { # VERSION
    if [ -n "$PYTHON" ]; then
        echo "$PYTHON"
    else
        printf '%s\n' "python$1" python3 python
        ls -d "${PYENV_ROOT:-$HOME/.pyenv}/versions/$1".*/bin/python 2>/dev/null
    fi
}

wanted=$(echo "$*" | sed 's/ / or /g')
without_venv=
IFS='
'
for version in "$@"; do
    for candidate in $(candidates "$version"); do
        # A pyenv shim exists for versions that are not active too: only running it tells.
        found=$("$candidate" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || continue
        [ "$found" = "$version" ] || continue
        if "$candidate" -c 'import ensurepip, venv' 2>/dev/null; then
            "$candidate" -c 'import sys; print(sys.executable)'
            exit 0
        fi
        without_venv=$version
    done
done

if [ -n "$without_venv" ]; then
    echo "Python $without_venv is here without its venv module; on Debian or Ubuntu run:" \
        "sudo apt-get install python$without_venv-venv" >&2
elif [ -n "$PYTHON" ]; then
    echo "PYTHON=$PYTHON is not Python $wanted" >&2
else
    echo "no Python $wanted found; install one, or name it: make ... PYTHON=/path/to/python" >&2
fi
exit 2

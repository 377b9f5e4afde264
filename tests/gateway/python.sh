#!/bin/sh
# The Python module, and the examples that stand on it. Skipped where there is no Python 3.8.
set -eu
here=$(cd "$(dirname "$0")" && pwd)

python=${PYTHON:-python3}
[ "$python" != : ] || python=python3
$python -c 'import sys; sys.exit(sys.version_info < (3, 8))' 2>/dev/null ||
    { echo "skipped: no Python 3.8 or later here"; exit 77; }

. "$here/served.sh"

unset http_proxy https_proxy all_proxy
exec timeout "${TROUPE_TEST_TIMEOUT:-300}" "$python" -W error::ResourceWarning "$here/python.py" --verbose

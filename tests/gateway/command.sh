#!/bin/sh
# The command `troupe`, against a job that Python plays. Skipped without it, or Python 3.8.
set -eu
here=$(cd "$(dirname "$0")" && pwd)

TROUPE_COMMAND=${abs_top_builddir:-$here/../../build}/apps/troupe/troupe
export TROUPE_COMMAND
[ -x "$TROUPE_COMMAND" ] || { echo "skipped: troupe was not built (libcurl or jansson is missing)"; exit 77; }

python=${PYTHON:-python3}
[ "$python" != : ] || python=python3
$python -c 'import sys; sys.exit(sys.version_info < (3, 8))' 2>/dev/null ||
    { echo "skipped: no Python 3.8 or later here"; exit 77; }

. "$here/served.sh"
exec timeout "${TROUPE_TEST_TIMEOUT:-300}" "$python" "$here/command.py" --verbose

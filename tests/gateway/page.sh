#!/bin/sh
# The gateway's page in a headless browser (page.py). Skipped, with the reason, where there is none.
set -u
here=$(cd "$(dirname "$0")" && pwd)

# The browser's Python bindings are often there for the system's Python alone.
for python in python3 /usr/bin/python3; do
    command -v "$python" >/dev/null 2>&1 && "$python" -c 'import selenium' 2>/dev/null && break
done
command -v "$python" >/dev/null 2>&1 || { echo "SKIP: no python3"; exit 77; }
PYTHONDONTWRITEBYTECODE=1 exec timeout -k 10 "${TROUPE_PAGE_TIMEOUT:-600}" "$python" "$here/page.py" "$@"

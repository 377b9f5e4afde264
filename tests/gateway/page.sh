#!/bin/sh
# The gateway's page in a headless browser (page.py): all of it in check-long, else what matters most.
# Skipped, with the reason, where there is no browser.
set -u
here=$(cd "$(dirname "$0")" && pwd)

# The browser's Python bindings are often there for the system's Python alone.
for python in python3 /usr/bin/python3; do
    command -v "$python" >/dev/null 2>&1 && "$python" -c 'import selenium' 2>/dev/null && break
done
command -v "$python" >/dev/null 2>&1 || { echo "SKIP: no python3"; exit 77; }
[ -n "${TROUPE_TEST_LONG-}" ] || [ $# != 0 ] || set -- Text Entering \
    Watching.test_the_tutorials_counts_are_13_and_17 Watching.test_hostile_text_stays_text \
    Watching.test_filters_and_order_work_and_stay_in_the_address \
    Calling.test_a_form_call_changes_the_state Calling.test_a_failure_tells_its_story \
    Reporting.test_a_report_opens_from_a_file_and_calls_nobody
PYTHONDONTWRITEBYTECODE=1 exec timeout -k 10 "${TROUPE_PAGE_TIMEOUT:-600}" "$python" "$here/page.py" "$@"

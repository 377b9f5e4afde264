#!/bin/sh
# The gateway's page in a headless browser: of jobs that run (page_jobs.py), and of one that is played
# (page.py; all of it in check-long, else what matters most). Skipped, with the reason, where there is
# no browser.
set -u
here=$(cd "$(dirname "$0")" && pwd)

# The browser's Python bindings are often there for the system's Python alone.
for python in python3 /usr/bin/python3; do
    command -v "$python" >/dev/null 2>&1 && "$python" -c 'import selenium' 2>/dev/null && break
done
command -v "$python" >/dev/null 2>&1 || { echo "SKIP: no python3"; exit 77; }
export PYTHONDONTWRITEBYTECODE=1
. "$here/../environment.sh"
try() {
    script=$1
    shift
    timeout -k 10 "${TROUPE_PAGE_TIMEOUT:-600}" "$python" "$here/$script" "$@"
}

if [ $# != 0 ]; then
    try page.py "$@"
    exit
fi
try page_jobs.py || exit
[ -n "${TROUPE_TEST_LONG-}" ] || set -- Text Entering \
    Watching.test_the_tutorials_counts_are_13_and_17 Watching.test_hostile_text_stays_text \
    Watching.test_filters_and_order_work_and_stay_in_the_address \
    Watching.test_actors_show_their_age_restarts_times_and_pid Watching.test_an_actor_shows_its_latencies_and_failures \
    Calling.test_a_form_call_changes_the_state Calling.test_a_failure_tells_its_story \
    Reporting.test_a_report_opens_from_a_file_and_calls_nobody
try page.py "$@"

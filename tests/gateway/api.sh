#!/bin/sh
# What is behind the door of a job's gateway: each route and each error (api.py), of a job by itself,
# then at 1, 2 and 4 ranks. In make check-long the driver computes for 20 s, the figures are printed,
# and what other programs say of our descriptions is asked: schemathesis of /v1/openapi.json, promtool
# of /metrics, where they can be had.
set -eu
here=$(dirname "$0")
. "$here/../environment.sh"
unset TROUPE_GATEWAY TROUPE_TRANSPORT TROUPE_RANKS

job=./tests/gateway/job
launcher=${MPIRUN:-mpirun}
seconds=${TROUPE_TEST_TIMEOUT:-60}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

command -v python3 >/dev/null || { echo "skipped: there is no python3"; exit 77; }
[ -x "$job" ] || { echo "skipped: $job was not built"; exit 77; }

goes() { # RANKS: 0 is by itself, which also plays several
    echo "--- $1 ranks"
    # Open MPI leaks at every start.
    # shellcheck disable=SC2086 # MPIRUN may bring options of its own
    if [ "$1" = 0 ]; then
        timeout -k 5 $((4 * seconds)) python3 "$here/api.py" "$job"
    else
        ASAN_OPTIONS="$ASAN_OPTIONS:detect_leaks=0" \
            timeout -k 5 $((4 * seconds)) python3 "$here/api.py" "$job" $launcher -n "$1"
    fi
}

goes 0
TROUPE_RANKS=3 goes 0
for ranks in 1 2 4; do
    goes $ranks
done

[ -n "${TROUPE_TEST_LONG-}" ] || exit 0
timeout -k 5 $((4 * seconds)) python3 "$here/api.py" --figures "$job"

if command -v promtool >/dev/null; then
    timeout -k 5 "$seconds" python3 "$here/api.py" --run "$job" -- \
        sh -c 'curl -sS -H "Authorization: Bearer $TOKEN" "$URL/metrics" | promtool check metrics'
else
    echo "promtool (Debian: prometheus) is missing: the figures are looked at by api.py alone"
fi

checks=not_a_server_error,status_code_conformance,content_type_conformance
checks=$checks,response_schema_conformance
if python3 -m venv "$scratch/venv" && "$scratch/venv/bin/pip" -q install schemathesis; then
    # What ends actors, or the job, is left out: it would be gone.
    timeout -k 5 "$((10 * seconds))" python3 "$here/api.py" --run "$job" -- \
        sh -c '"$0" run "$OPENAPI" --url "$URL" -H "Authorization: Bearer $TOKEN" \
            --exclude-path /v1/exit --exclude-path-regex "slow|leave|nap" --exclude-method DELETE \
            --checks "$1" --max-examples 50' "$scratch/venv/bin/schemathesis" "$checks"
else
    echo "schemathesis cannot be installed: the description is looked at by api.py alone"
fi

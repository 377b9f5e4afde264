#!/bin/sh
# TROUPE_TRACE writes JSON that can be read, of slices that do not overlap on a thread, and arrows
# that end where a call begins and have begun before.
set -eu
. "$(dirname "$0")/environment.sh"
command -v python3 >/dev/null || { echo "SKIP: python3 is missing"; exit 77; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
program=apps/method_tracking/method_tracking

check() { # file, ranks
    python3 - "$1" "$2" <<'PY'
import json, sys
events = json.load(open(sys.argv[1]))
ranks = int(sys.argv[2])
slices = [e for e in events if e["ph"] == "X"]
names = [e["name"] for e in slices]
assert "driver" in names and "actor_cls_one.method" in names, names
assert sum(e["args"]["calls"] for e in slices if e["name"].endswith(".method")) == 30
if ranks > 1:
    assert {e["pid"] for e in slices} >= {0, 1}
threads = {}
for e in slices:
    threads.setdefault((e["pid"], e["tid"]), []).append((e["ts"], e["ts"] + e["dur"]))
for times in threads.values():
    times.sort()
    for a, b in zip(times, times[1:]):
        assert b[0] >= a[1] - 0.01, (a, b)
sent = {e["id"]: e["ts"] for e in events if e["ph"] == "s"}
came = {e["id"]: e["ts"] for e in events if e["ph"] == "f"}
assert len(came) == 2 and set(came) <= set(sent), (sent, came)
for arrow, ts in came.items():
    assert ts >= sent[arrow], arrow
starts = {e["ts"] for e in slices}
assert all(ts in starts for ts in came.values())
PY
}

TROUPE_TRACE=$dir/self TROUPE_TRANSPORT=self TROUPE_RANKS=3 $program --seed 3 >/dev/null
check "$dir/self" 1
for transport in rma p2p; do
    TROUPE_TRANSPORT=$transport TROUPE_TRACE=$dir/$transport \
        timeout "${TROUPE_TEST_TIMEOUT:-60}" ${MPIRUN:-mpirun} -n 2 $program --seed 3 >/dev/null
    check "$dir/$transport" 2
done
[ "$(ls "$dir" | wc -l)" -eq 3 ] || { echo "parts are left: $(ls "$dir")"; exit 1; }

TROUPE_TRACE=$dir/no/such/folder $program --seed 3 >/dev/null 2>"$dir/said"
grep -q 'TROUPE_TRACE: .* cannot be written' "$dir/said"

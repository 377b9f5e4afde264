#!/bin/sh
# TROUPE_TRACE writes JSON that can be read, of slices that do not overlap on a thread, and arrows
# that end where a call begins and have begun before: of asks, tasks, and tells, each of which has
# one.
set -eu
. "$(dirname "$0")/environment.sh"
command -v python3 >/dev/null || { echo "SKIP: python3 is missing"; exit 77; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
program=apps/method_tracking/method_tracking

check() { # file, ranks, what is told, and how often
    python3 - "$@" <<'PY'
import json, sys
events = json.load(open(sys.argv[1]))
ranks, told, times = int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
slices = [e for e in events if e["ph"] == "X"]
names = [e["name"] for e in slices]
assert "driver" in names and any(name.endswith(told) for name in names), names
assert sum(e["args"]["calls"] for e in slices if e["name"].endswith(told)) == times
if ranks > 1:
    assert {e["pid"] for e in slices} >= {0, 1}
threads = {}
for e in slices:
    threads.setdefault((e["pid"], e["tid"]), []).append((e["ts"], e["ts"] + e["dur"]))
for ran in threads.values():
    ran.sort()
    for a, b in zip(ran, ran[1:]):
        assert b[0] >= a[1] - 0.01, (a, b)

starts = {(e["pid"], e["tid"], e["ts"]): e["name"] for e in slices}
def arrows(cat):
    """The ends of those of a sort: what they lead to, and whether to another rank."""
    ends = [e for e in events if e.get("cat") == cat]
    sent = {e["id"]: e for e in ends if e["ph"] == "s"}
    came = {e["id"]: e for e in ends if e["ph"] == "f"}
    assert len(sent) + len(came) == len(ends), "two have the same id"
    assert set(came) <= set(sent), (sent, came)
    for arrow, end in came.items():
        assert end["ts"] >= sent[arrow]["ts"], arrow
        begin = sent[arrow]
        assert any(e["pid"] == begin["pid"] and e["tid"] == begin["tid"] and
                   e["ts"] <= begin["ts"] <= e["ts"] + e["dur"] + 0.01 for e in slices), begin
    return sent, [(starts[e["pid"], e["tid"], e["ts"]], sent[e["id"]]["pid"] != e["pid"])
                  for e in came.values()]

_, asked = arrows("call")
assert len(asked) >= 1, asked
sent, tells = arrows("tell")
assert len(sent) == len(tells)
assert len([name for name, _ in tells if name.endswith(told)]) == times, tells
if ranks > 1:
    assert any(far for _, far in tells), "none to another rank"
PY
}

# Four tasks report 16 times each.
pi='apps/pi/pi --tasks 4 --samples 1048576 --report-every 16384 --quiet'

TROUPE_TRACE=$dir/self TROUPE_TRANSPORT=self TROUPE_RANKS=3 $program --seed 3 >/dev/null
check "$dir/self" 1 .method 30
TROUPE_TRACE=$dir/pi TROUPE_TRANSPORT=self $pi >/dev/null
check "$dir/pi" 1 progress.report 64
for transport in rma p2p; do
    TROUPE_TRANSPORT=$transport TROUPE_TRACE=$dir/$transport \
        timeout "${TROUPE_TEST_TIMEOUT:-60}" ${MPIRUN:-mpirun} -n 2 $program --seed 3 >/dev/null
    check "$dir/$transport" 2 .method 30
    TROUPE_TRANSPORT=$transport TROUPE_TRACE=$dir/pi \
        timeout "${TROUPE_TEST_TIMEOUT:-60}" ${MPIRUN:-mpirun} -n 2 $pi >/dev/null
    check "$dir/pi" 2 progress.report 64
done
[ "$(ls "$dir" | wc -l)" -eq 4 ] || { echo "parts are left: $(ls "$dir")"; exit 1; }

TROUPE_TRACE=$dir/no/such/folder $program --seed 3 >/dev/null 2>"$dir/said"
grep -q 'TROUPE_TRACE: .* cannot be written' "$dir/said"

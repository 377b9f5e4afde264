#!/bin/sh
# Whole jobs with a door: their file is there while they run and gone when they end, in every way
# that is not SIGKILL; nothing secret is said; and without the option nothing is there at all.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/support/programs.sh"

job=$top/tests/gateway/ends
export XDG_RUNTIME_DIR="$scratch/run"
unset SLURM_JOB_ID TROUPE_GATEWAY
mkdir -m 700 "$XDG_RUNTIME_DIR"
copy=$scratch/copy.json
ulimit -c 0

# ---- what is expected ------------------------------------------------------------------------------

expect_open() {
    expect_lines 1 '^found a file \.json$' out
    expect_lines 1 '^found the door.s thread$' out
}

expect_closed() {
    expect_lines 0 '^found' out
    [ -z "$(ls -A "$XDG_RUNTIME_DIR")" ] || complain "there is something in $XDG_RUNTIME_DIR"
}

# Both tokens are in the copy of the job's file.
secrets() { sed -n 's/.*"\(read_\)\{0,1\}token": "\(.*\)".*/\2/p' "$copy"; }

expect_nothing_left() {
    [ -z "$(ls -A "$XDG_RUNTIME_DIR/troupe")" ] ||
        complain "left behind: $(ls -A "$XDG_RUNTIME_DIR/troupe")"
    [ "$(secrets | wc -l)" = 2 ] || complain "no tokens in the file"
    for secret in $(secrets); do
        ! grep -q -e "$secret" "$scratch/out" "$scratch/err" || complain 'a token is in the output'
    done
    rm -f "$copy"
}

# ---- without it ------------------------------------------------------------------------------------

play 0 "$job" return
expect_status 4
expect_closed
export TROUPE_GATEWAY=0
play 0 "$job" option
expect_status 0
expect_closed
TROUPE_GATEWAY=
play 0 "$job" return
expect_closed

export TROUPE_GATEWAY=1
play 0 "$job" return
if grep -q 'built without a gateway' "$scratch/err"; then
    expect_status 4
    expect_lines 1 'configure --without-gateway' err
    expect_closed
    [ $bad = 0 ] || exit 1
    echo 'skipped: built without a gateway'
    exit 77
fi

# ---- ways to end -----------------------------------------------------------------------------------

for ranks in 0 $(some_ranks 1 2); do
    for way in return:4 fail:1 troupe_exit:5 option:0; do
        play "$ranks" "$job" "${way%:*}" "$copy"
        expect_status "${way#*:}"
        expect_open
        expect_nothing_left
    done
    # A library of MPI may see an exit in the middle as a failure of its own.
    for way in exit crash; do
        play "$ranks" "$job" "$way" "$copy"
        [ "$status" != 0 ] && [ "$status" != 124 ] || complain "status $status"
        expect_open
        if [ "$way" = exit ] || ! nm "$job" 2>/dev/null | grep -q '__asan_init\|__tsan_init'; then
            expect_nothing_left
        else
            rm -f "$XDG_RUNTIME_DIR"/troupe/*
        fi
    done
done

if [ -n "$launcher" ]; then
    play 2 "$job" killed "$copy" # a rank other than 0
    [ "$status" != 0 ] && [ "$status" != 124 ] || complain "status $status"
    expect_open
    expect_nothing_left
fi

# ---- signals ---------------------------------------------------------------------------------------

# begin MODE: in the background, until it has said that it is ready; then $process is rank 0.
begin() {
    what="job $1:"
    : >"$scratch/out"
    timeout -k 5 "$seconds" "$job" "$1" "$copy" >"$scratch/out" 2>"$scratch/err" &
    waiter=$!
    until grep -q '^ready' "$scratch/out" || ! kill -0 $waiter 2>/dev/null; do sleep 0.05; done
    process=$(sed -n 's/.*"pid": \([0-9]*\).*/\1/p' "$copy")
}

for signal in TERM INT HUP; do
    begin sleep
    kill -s $signal "$process"
    wait $waiter
    expect_open
    expect_nothing_left
done

# What a killed job leaves, the next one removes.
begin sleep
kill -s KILL "$process"
wait $waiter
[ -n "$(ls "$XDG_RUNTIME_DIR/troupe")" ] || complain 'nothing to be removed'
play 0 "$job" return "$copy"
expect_nothing_left

# ---- a driver that does not call troupe ------------------------------------------------------------

url() { sed -n 's/.*"url": "\(.*\)".*/\1/p' "$copy"; }

if command -v curl >/dev/null; then
    begin compute
    [ "$(curl -s --max-time "$seconds" "$(url)/healthz")" = ok ] || complain 'the door does not answer'
    token=$(secrets | head -n 1)
    answer=$(curl -s --max-time "$seconds" -o /dev/null -w '%{http_code}' --unix-socket \
        "$(sed -n 's/.*"socket": "\(.*\)".*/\1/p' "$copy")" -H "Authorization: Bearer $token" \
        http://localhost/v1/nowhere)
    [ "$answer" = 404 ] || complain "the socket answers $answer"
    kill -s TERM "$process"
    wait $waiter
    expect_nothing_left
fi

# ---- where it cannot be opened the job runs all the same -------------------------------------------

chmod 755 "$XDG_RUNTIME_DIR/troupe"
play 0 "$job" return
expect_status 4
expect_lines 0 '^found' out
expect_lines 1 'chmod 700' err
expect_lines 1 'runs without a gateway' err
chmod 700 "$XDG_RUNTIME_DIR/troupe"

TROUPE_GATEWAY=0.0.0.0:0
play 0 "$job" return "$copy"
expect_status 4
expect_lines 1 'warning: the gateway listens at http://.*not encrypted' err
expect_nothing_left
TROUPE_GATEWAY=everywhere
play 0 "$job" return
expect_status 4
expect_lines 1 'TROUPE_GATEWAY=everywhere: ' err

# ---- the report at the end -------------------------------------------------------------------------

report=$scratch/report.html
unset TROUPE_GATEWAY
for n in $(some_ranks 1 2); do
    rm -f "$report"
    TROUPE_REPORT=$report play "$n" "$top/apps/method_tracking/method_tracking"
    expect_status 0
    # What was asked of all actors is in it, as the program has printed it.
    for count in $(tail -n 1 "$scratch/out" | grep -o '[0-9][0-9]*'); do
        grep -q "\"method\":\"method\",\"received\":$count," "$report" ||
            complain "the report does not know of $count calls"
    done
    [ "$(stat -c %a "$report")" = 600 ] || complain "others may read the report"
done
# Whichever way a job ends that rank 0 can still look at.
expect_report() {
    { head -c 15 "$report" | grep -qi "^<!doctype html>" && grep -q '"/v1/ranks":{"ranks":\[{' "$report"; } ||
        complain 'there is no report'
    rm -f "$report"
}
export TROUPE_REPORT="$report"
for n in $(some_ranks 1 2); do
    for ends in 'return 4' 'fail 1' 'troupe_exit 5' 'leave 7'; do
        play "$n" "$job" "${ends% *}"
        expect_status "${ends#* }"
        expect_report
    done
done
for grace in 1 0; do # after that time; and with none of it
    TROUPE_GATEWAY=unix TROUPE_GRACE=$grace begin sleep
    kill -s TERM "$process"
    wait $waiter
    [ $grace = 0 ] || expect_report
done
[ ! -e "$report" ] || complain 'a report was written after the end'
unset TROUPE_REPORT
for program in 'pi/pi --quiet --samples 1000000' method_tracking/method_tracking \
    'actor_tree/actor_tree --depth 1' 'nqueens/nqueens 6' 'uts/uts --tree T1'; do
    [ -x "$top/apps/${program%% *}" ] || continue # there is no libcrypto
    # shellcheck disable=SC2086 # words
    play 0 "$top/apps/"$program --report "$report"
    expect_status 0
    expect_report
    # shellcheck disable=SC2086 # words
    play 0 "$top/apps/"$program --report
    [ "$status" != 0 ] || complain 'it ended well'
    expect_lines 1 "a value is missing for '--report'" err
done
play 0 "$top/apps/pi/pi" --samples 1000000 "--report=$report" --quiet
grep -q '"name": *"samples"' "$report" || complain 'no bar of the samples'
expect_report

TROUPE_REPORT=$scratch/nowhere/report.html play 0 "$job" return
expect_status 4
expect_lines 1 'error: the report was not written to .*/nowhere/report.html' err

exit $bad

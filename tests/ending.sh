#!/bin/sh
# A job that is told to end by a signal: to its one process, to one of several ranks, to all of them,
# to the launcher; and what becomes of it when the driver does not listen, or has no time for that.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/support/programs.sh"

told=$top/tests/core/told

# begin RANKS MODE [N]: in the background; returns when the driver has begun. Then $job is the
# process of the program, or of the launcher.
begin() {
    ranks=$1 what="told $2 on $1 ranks:"
    shift
    with=
    [ "$ranks" = 0 ] || with="$launcher -n $ranks"
    : >"$scratch/out"
    # shellcheck disable=SC2086,SC2016 # words; and the inner shell's own
    timeout -k 5 "$seconds" sh -c 'echo $$ >"$0"; exec "$@"' "$scratch/job" $with "$told" "$@" \
        </dev/null >"$scratch/out" 2>"$scratch/err" &
    guard=$!
    waited=0
    until grep -Eq '^(from step|begun)' "$scratch/out"; do
        sleep 0.1
        waited=$((waited + 1))
        [ $waited -lt 300 ] || { complain "it does not begin"; break; }
    done
    job=$(cat "$scratch/job")
}

pids() { sed -n "s/^rank $1 is process //p" "$scratch/out"; }

tell() { # SIGNAL PIDS
    signal=$1
    shift
    what="$what $signal to $*:"
    kill "-$signal" "$@" || complain "nobody is there"
}

end() {
    status=0
    wait $guard || status=$?
}

expect_order() { # the driver has ended it by itself
    end
    expect_status 85
    expect_lines 1 'the job is told to end, by signal (10|15) .*: the driver has 20 s' err
}

# ---- by itself -----------------------------------------------------------------------------------

for signal in USR1 TERM; do
    begin 0 steps 100000
    tell $signal "$(pids 0)"
    expect_order
    expect_lines 1 '^stopped at step [0-9]+$' out
done
TROUPE_RANKS=3 begin 0 tasks
tell USR1 "$job"
expect_order
expect_lines 1 '^told 3$' out

begin 0 plain
tell TERM "$job"
end
expect_status 143
# Not into the wire, which is closed meanwhile.
begin 0 late
end
expect_status 143
TROUPE_GRACE=1 begin 0 deaf
tell TERM "$job"
end
expect_status 143
expect_lines 1 'by signal 15 .*: the driver has 1 s' err
TROUPE_GRACE=soon play 0 "$told" deaf
expect_status 2
expect_lines 1 'TROUPE_GRACE=soon is not a number' err
TROUPE_CREDIT=2MiB play 0 "$told" deaf
expect_status 2
expect_lines 1 'TROUPE_CREDIT=2MiB is not a number' err
TROUPE_HANDOVER=abc play 0 "$told" deaf
expect_status 2
expect_lines 1 'TROUPE_HANDOVER=abc is not a number' err

# ---- on several ranks ----------------------------------------------------------------------------

if [ -n "$launcher" ]; then
    begin 3 tasks
    tell USR1 "$(pids 2)"
    expect_order
    expect_lines 1 '^told 3$' out

    begin 3 steps 100000
    # shellcheck disable=SC2046 # a list
    tell TERM $(pids '[0-9]*')
    expect_order
    expect_lines 1 '^stopped at step [0-9]+$' out

    begin 3 steps 100000
    tell USR1 "$job"
    expect_order

    TROUPE_GRACE=1 begin 2 deaf
    tell TERM "$(pids 1)"
    end
    expect_status 143

    begin 3 plain
    tell TERM "$(pids 1)"
    end
    [ "$status" != 0 ] || complain "it ended well"
    grep -Eq 'rank 1 .* has died by signal 15' "$scratch/err" || complain "rank 1 is not named"
fi
exit $bad

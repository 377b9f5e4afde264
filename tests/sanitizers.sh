#!/bin/sh
# The tests of calls, bulk, waiting, failure and floods in two further builds, in which the compiler
# watches: one for memory (address, undefined, leaks), where the gateway is asked, too, one for
# threads. All of it on transport self: Open MPI leaks at every start, and its threads are not ours.
# Exits 77 where the compiler has neither; one that it lacks is said and left out.
#     SANITIZERS             which of "memory threads" (both)
#     TROUPE_TEST_TIMEOUT    seconds for one program (60)
set -u
here=$(cd "$(dirname "$0")" && pwd)
source=$(cd "$here/.." && pwd)
. "$here/environment.sh"
unset TROUPE_GATEWAY TROUPE_TRANSPORT
unset TROUPE_TEST_LONG # sanitized programs take long enough with the sizes of make check
# What was freed is kept for a while: not more than the tests of memory allow.
export ASAN_OPTIONS="$ASAN_OPTIONS:quarantine_size_mb=16"

memory_tests='at_once bulk bulk_given calls cancel core_ends failure flow flow_ends flow_smallest'
memory_tests="$memory_tests groups late leftovers limit map pool priority resources retry stealing"
memory_tests="$memory_tests stress urgent waiting"
thread_tests='at_once bulk cancel core_dedicated deaf flow flow_smallest groups late limit map pool'
thread_tests="$thread_tests priority resources retry slots stealing stress tasks urgent waiting"
# With hand-overs at random moments.
forced_tests='bulk calls cancel core_ends deaf failure limit stealing stress tasks urgent waiting'
seconds=${TROUPE_TEST_TIMEOUT:-60}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' INT TERM HUP
passed=0 bad=0

say() { echo "sanitizers.sh: $*"; }

# The tests are built by the rules of make check, so their extension is as there.
program() {
    sed -n "s|^[[:space:]]*\(tests/mpi/$1\.mpi[0-9]*\) .*|\1|p" "$here/Makefile.mk" | head -n 1
}

has() { # LIST: the compiler knows these sanitizers
    echo 'int main(void) { return 0; }' >"$scratch/empty.c"
    ${CC:-cc} "-fsanitize=$1" -o "$scratch/empty" "$scratch/empty.c" 2>/dev/null &&
        "$scratch/empty"
}

# build DIRECTORY LIST TESTS
build() {
    programs=
    for name in $3; do programs="$programs $(program "$name")"; done
    mkdir -p "$1"
    # The compiler of this build, and none of its flags: they may ask for other sanitizers.
    # shellcheck disable=SC2086 # a list
    (cd "$1" && env -u CFLAGS -u CPPFLAGS "$source/configure" --quiet CC="${CC:-cc}" \
        CFLAGS='-O1 -g' --enable-sanitizers="$2" --disable-shared &&
        make --quiet -j2 $programs) >"$1/log" 2>&1 && return
    say "$2: cannot be built"
    tail -n 20 "$1/log"
    bad=1
    return 1
}

# play DIRECTORY LIST NAME: at one rank, at two, and at three in another order
play() {
    for as in '1 0' '2 0' '3 1'; do
        where="$3, ${as% *} ranks, seed ${as#* }, with $2"
        status=0
        TROUPE_TRANSPORT=self TROUPE_RANKS=${as% *} TROUPE_SEED=${as#* } \
            timeout -k 5 "$seconds" "$1/$(program "$3")" </dev/null >"$1/out" 2>&1 || status=$?
        if [ $status -eq 0 ]; then
            passed=$((passed + 1))
        else
            say "FAILED with status $status: $where"
            grep -m 1 -A 40 'Sanitizer\|runtime error\|ERROR' "$1/out" || tail -n 20 "$1/out"
            bad=1
        fi
    done
}

# watch DIRECTORY LIST TESTS
watch() {
    if ! has "$2"; then
        say "left out: ${CC:-cc} has no -fsanitize=$2"
        return
    fi
    build "$scratch/$1" "$2" "$3" || return
    for name in $3; do play "$scratch/$1" "$2" "$name"; done
}

# What other programs ask of a job, and ask wrongly.
ask_at_the_door() { # DIRECTORY
    job=$1/tests/gateway/job
    grep -q '^S\["GATEWAY_TRUE"\]=""' "$1/config.status" 2>/dev/null || return
    make --quiet -C "$1" tests/gateway/job >"$1/log" 2>&1 ||
        { say "FAILED: the door's job cannot be built"; tail -n 20 "$1/log"; bad=1; return; }
    for ranks in 1 3; do
        if TROUPE_RANKS=$ranks timeout -k 5 $((4 * seconds)) \
            python3 "$here/gateway/api.py" "$job" </dev/null >"$1/out" 2>&1; then
            passed=$((passed + 1))
        else
            say "FAILED: the door, $ranks ranks"
            grep -v '^ok' "$1/out" | head -n 40
            bad=1
        fi
    done
}

# A build in the source tree would be taken for part of the sources.
[ ! -e "$source/config.status" ] || { say "skipped: the source tree is itself built in"; exit 77; }

export LSAN_OPTIONS="suppressions=$here/lsan.supp:print_suppressions=0:${LSAN_OPTIONS-}"
export TSAN_OPTIONS="suppressions=$here/tsan.supp:exitcode=99:${TSAN_OPTIONS-}"
for which in ${SANITIZERS:-memory threads}; do
    case $which in
    memory)
        watch memory address,undefined "$memory_tests"
        ask_at_the_door "$scratch/memory"
        ;;
    threads)
        watch threads thread "$thread_tests"
        export TROUPE_HANDOVER=7
        watch threads thread "$forced_tests"
        unset TROUPE_HANDOVER
        ;;
    esac
done

say "$passed runs passed"
[ $bad -eq 0 ] || exit 1
[ $passed -gt 0 ] || exit 77

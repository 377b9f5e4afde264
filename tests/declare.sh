#!/bin/sh
# What declarations promise beyond the mistakes of tests/compile: their expansion is the one shown in
# docs/declare.md, they are C++17 too, and what has no body is named.
set -eu
cd "$(dirname "$0")/.."
library=$(cd "$OLDPWD" && pwd)/lib/.libs
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
bad=0
here=tests/declare
flags=$(echo "-Ilib ${CPPFLAGS-} ${CFLAGS-}" | sed 's/-Werror\( \|$\)/\1/g')

complain() {
    echo "$1"
    sed 's/^/    /' "$scratch/log"
    bad=1
}

compile() {
    # shellcheck disable=SC2086 # lists of flags
    LC_ALL=C ${CC:-cc} $flags "$@" >"$scratch/log" 2>&1
}

without_space() { tr -d ' \t\n'; }

# The code blocks of the page are the expansion, but for white space.
expansion_is_documented() {
    compile -E -P -o "$scratch/expansion" $here/expansion.c || complain "expansion.c: cpp failed"
    sed '1,/SHOWN_FROM_HERE/d; /SHOWN_NEXT/d' "$scratch/expansion" | without_space >"$scratch/is"
    awk '/^```c expansion/ { on = 1; next } /^```/ { on = 0 } on' docs/declare.md |
        without_space >"$scratch/shown"
    cmp "$scratch/is" "$scratch/shown" >"$scratch/log" 2>&1 ||
        complain "docs/declare.md does not show what $here/expansion.c expands to"
}

dropped_answer_warns() {
    line=$(grep -n '/\* dropped \*/' $here/dropped_answer.c | cut -d : -f 1)
    compile -c -o "$scratch/object" $here/dropped_answer.c || complain "dropped_answer.c does not compile"
    grep -q "dropped_answer.c:$line:.*warning: ignoring return value" "$scratch/log" ||
        complain "dropped_answer.c: no warning at line $line"
    [ "$(grep -c warning: "$scratch/log")" = 1 ] || complain "dropped_answer.c: other warnings"
}

cxx17() {
    cxx=$(case ${CC:-cc} in *clang*) echo clang++ ;; *) echo g++ ;; esac)
    command -v "$cxx" >/dev/null || { echo "no $cxx here: C++17 is not tried"; return 0; }
    "$cxx" -std=c++17 -Wall -Wextra -Wpedantic -Werror -Ilib -fsyntax-only $here/cxx17.cc \
        >"$scratch/log" 2>&1 || complain "cxx17.cc does not compile without a warning"
}

link() { # FLAGS...: links not_implemented.c with the library of this build
    # shellcheck disable=SC2086 # lists of flags
    compile "$@" -o "$scratch/program" $here/not_implemented.c "$library/libtroupe.a" \
        $GATEWAY_LIBS $MPI_LIBS $HWLOC_LIBS $OPENMP_CFLAGS -lpthread -lm
}

the_linker_names() { # SYMBOL FLAG
    if link "$2"; then
        complain "$1 has no body, yet links"
    else
        grep -q "undefined reference to .$1'" "$scratch/log" || complain "the linker does not name $1"
    fi
}

the_start_names() {
    link -DCALLS_NOTHING || { complain "not_implemented.c does not link"; return; }
    if TROUPE_TRANSPORT=self "$scratch/program" >"$scratch/log" 2>&1; then
        complain "a class without all its bodies starts"
    fi
    grep -q 'class sensor: mean is declared but not implemented' "$scratch/log" &&
        grep -q 'class sensor: init is declared but not implemented' "$scratch/log" ||
        complain "the start does not name sensor.mean and sensor.init"
}

expansion_is_documented
dropped_answer_warns
cxx17
the_linker_names sensor_mean_method -DCALLS_A_METHOD
the_linker_names measure_method -DCALLS_A_TASK
the_start_names
exit $bad

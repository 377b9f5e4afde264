#!/bin/sh
# Every program in tests/compile makes one mistake, on the line marked "wrong". It must not compile,
# the compiler's first error must name that line, and without the line it must compile.
set -eu
cd "$(dirname "$0")/.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# A warning that is an error would be a mistake of another kind.
flags=$(echo "-Itests/compile -Ilib ${CPPFLAGS-} ${CFLAGS-}" | sed 's/-Werror\( \|$\)/\1/g')

compile() {
    # shellcheck disable=SC2086 # lists of flags
    LC_ALL=C ${CC:-cc} $flags -fsyntax-only "$1" >"$scratch/log" 2>&1
}

bad=0
complain() { # PROGRAM WHAT
    echo "$1: $2"
    sed 's/^/    /' "$scratch/log"
    bad=1
}

for program in tests/compile/*.c; do
    line=$(grep -n '/\* wrong \*/' "$program" | cut -d : -f 1)
    if compile "$program"; then
        complain "$program" "the mistake is not seen"
    elif ! grep -m 1 'error:' "$scratch/log" | grep -q "^$program:$line:"; then
        complain "$program" "the first error does not name line $line"
    fi
    sed "${line}d" "$program" >"$scratch/control.c"
    compile "$scratch/control.c" || complain "$program" "does not compile without line $line"
done
exit $bad

#!/bin/sh
# Every program in tests/compile makes one mistake, on the line marked "wrong". It must not compile,
# the compiler's first error must name that line, and without the line it must compile. What
# docs/troubleshooting.md quotes as said by the compiler is said of one of them.
set -eu
cd "$(dirname "$0")/.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# A warning that is an error would be a mistake of another kind.
flags=$(echo "-Itests/compile -Ilib ${CPPFLAGS-} ${CFLAGS-}" | sed 's/-Werror\( \|$\)/\1/g')

case ${CC:-cc} in *clang*) cxx=clang++ ;; *) cxx=g++ ;; esac

compile() {
    # shellcheck disable=SC2086 # lists of flags
    case $1 in
    *.cc) LC_ALL=C $cxx -std=c++17 -Itests/compile -Ilib -fsyntax-only "$1" ;;
    *) LC_ALL=C ${CC:-cc} $flags -fsyntax-only "$1" ;;
    esac >"$scratch/log" 2>&1
}

bad=0
complain() { # PROGRAM WHAT
    echo "$1: $2"
    sed 's/^/    /' "$scratch/log"
    bad=1
}

command -v $cxx >/dev/null || echo "no $cxx here: C++ is not tried"
for program in tests/compile/*.c $(command -v $cxx >/dev/null && echo tests/compile/*.cc); do
    line=$(grep -n '/\* wrong \*/' "$program" | cut -d : -f 1)
    if compile "$program"; then
        complain "$program" "the mistake is not seen"
    elif ! grep -m 1 'error:' "$scratch/log" | grep -q "^$program:$line:"; then
        complain "$program" "the first error does not name line $line"
    fi
    cat "$scratch/log" >>"$scratch/said"
    control=$scratch/control.${program##*.}
    sed "${line}d" "$program" >"$control"
    compile "$control" || complain "$program" "does not compile without line $line"
done

# The first column of the table, in the words of gcc.
sed -n '/^| the compiler says /,/^$/s/^| `\([^`]*\)` .*/\1/p' docs/troubleshooting.md >"$scratch/quoted"
[ -s "$scratch/quoted" ] || complain docs/troubleshooting.md "where is its table?"
case $cxx in g++)
    tr -d "'‘’" <"$scratch/said" >"$scratch/log"
    while read -r quote; do
        plain=$(echo "$quote" | tr -d "'")
        grep -qF -e "$plain" "$scratch/log" || { echo "docs/troubleshooting.md: nobody says $quote"; bad=1; }
    done <"$scratch/quoted" ;;
esac
exit $bad

#!/bin/sh
# The names that the built library takes from its users: the shared one shows troupe_* alone; the
# archive, whose objects see each other, has trp_* too.
set -eu

nm=${NM:-nm}
libraries=${abs_top_builddir:-$(pwd)}/lib/.libs
bad=0

# The names on standard input, as nm prints them, that do not match $1. Those that begin with "_"
# or "." are the compiler's and the linker's, and a sanitizer adds its own.
strangers() { awk 'NF >= 2 { print $NF }' | grep -Ev "$1|^[_.]|^(asan|ubsan)" || true; }

report() { # LIBRARY NAMES
    [ -z "$2" ] || { printf '%s shows names that are not ours:\n%s\n' "$1" "$2"; bad=1; }
}

shared=$libraries/libtroupe.so
if [ -e "$shared" ]; then
    names=$($nm -D --defined-only "$shared")
    report "$shared" "$(echo "$names" | strangers '^troupe_')"
    echo "$names" | grep -q ' troupe_run$' || { echo "$shared hides troupe_run"; bad=1; }
fi

archive=$libraries/libtroupe.a
if [ -e "$archive" ]; then
    report "$archive" "$($nm -g --defined-only "$archive" | strangers '^(troupe|trp)_')"
fi

[ -e "$shared" ] || [ -e "$archive" ] || { echo "skipped: no library in $libraries"; exit 77; }
exit $bad

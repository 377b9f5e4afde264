#!/bin/sh
# Every public name has a manual page of its own: the functions that the library shows, the macros
# of the headers, and the commands. And groff, where it is there, has nothing to say about them.
set -eu
top=${abs_top_builddir:-$(pwd)}
pages=$top/man3
cd "$(dirname "$0")/../.."
bad=0

functions() {
    # shellcheck disable=SC2012 # one or the other
    library=$(ls "$top"/lib/.libs/libtroupe.so "$top"/lib/.libs/libtroupe.a 2>/dev/null | head -n 1)
    ${NM:-nm} -g --defined-only "$library" 2>/dev/null |
        awk '$2 == "T" && $3 ~ /^troupe_/ { print $3 }'
}

# What ends in "_", a digit behind it or not, is not for users, nor is what guards a header.
macros() {
    awk '/@cond INTERNAL/ { hidden = 1 } /@endcond/ { hidden = 0 }
         !hidden && /^#define (troupe|TROUPE)_/ && !/^#define [A-Za-z_]*(_H$|_[0-9]?[( ])/ {
             sub(/^#define /, ""); sub(/[^A-Za-z_0-9].*/, ""); print }' lib/troupe.h lib/troupe/*.h
}

names=$(functions; macros)
for name in troupe_run TROUPE_CLASS; do
    echo "$names" | grep -qx $name || { echo "$name is not among the names"; exit 1; }
done
for name in $names; do
    page=$pages/$name.3
    if [ ! -e "$page" ]; then
        echo "$name has no manual page: is it described, in a comment that begins with /**?"
        bad=1
    elif ! grep -q "^$name \\\\- ..*" "$page" || ! grep -A 1 '^.SH DESCRIPTION' "$page" | grep -q '[a-z]'; then
        echo "the manual page of $name does not say what it is"
        bad=1
    fi
done
echo "$(echo "$names" | wc -l) names"

sed -n 's/^bin_PROGRAMS *+= *//p' apps/Makefile.mk | xargs -n 1 basename | while read -r command; do
    [ -e "docs/man/$command.1" ] || { echo "the command $command has no manual page"; exit 1; }
done || bad=1

if command -v groff >/dev/null; then
    groff -man -Kutf8 -Tutf8 -ww -z docs/man/*.1 "$pages"/*.3 >"$pages/said" 2>&1 || bad=1
    [ ! -s "$pages/said" ] || { cat "$pages/said"; bad=1; }
    rm -f "$pages/said"
fi
exit $bad

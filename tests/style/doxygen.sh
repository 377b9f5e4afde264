#!/bin/sh
# Everything in the public headers is described, each parameter and result too, and what users call
# is shown in a program: `make html` has no warnings, and its page of each function has an example.
# Before that is believed, doxygen must see what is missing in a copy.
set -eu
cd "$(dirname "$0")/../.."

command -v doxygen >/dev/null || { echo "skipped: no doxygen here"; exit 77; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

pages() { # MORE OPTIONS: what doxygen has to say
    { cat docs/Doxyfile; printf '%s\n' "OUTPUT_DIRECTORY = $scratch/out" "$@"; } |
        doxygen - 2>&1 >/dev/null
}

sees() { # WHAT, which is added to a copy, and what doxygen is to say of it
    rm -rf "$scratch/lib"
    mkdir "$scratch/lib"
    cp -R lib/troupe lib/troupe.h "$scratch/lib"
    echo "$1" >>"$scratch/lib/troupe/run.h"
    pages "INPUT = $scratch/lib/troupe.h $scratch/lib/troupe" "STRIP_FROM_PATH = $scratch/lib" \
        "INCLUDE_PATH = $scratch/lib" 'SEPARATE_MEMBER_PAGES = NO' 'USE_MDFILE_AS_MAINPAGE =' |
        grep -q "$2" || { echo "doxygen does not see: $1"; exit 1; }
}

bad=0
sees 'int troupe_forgotten(void);' 'troupe_forgotten.* is not documented'
sees '/** Half. @return it */ int troupe_half(int forgotten);' 'parameter.*troupe_half.* not documented'

# Without it doxygen passes over all that stands outside of structs.
for header in lib/troupe.h lib/troupe/*.h; do
    head -n 1 "$header" | grep -q '^/\*\* @file$' || { echo "$header does not begin with @file"; bad=1; }
done

# The programs that functions are shown in.
for program in apps/examples/*.c apps/tutorial/*.c; do
    grep -q "@example $(basename "$program") " docs/chapters.dox ||
        { echo "$program is not in docs/chapters.dox"; bad=1; }
done

rm -rf "$scratch/out"
pages >"$scratch/log"
sed "s,$PWD/,," "$scratch/log"
[ ! -s "$scratch/log" ] || bad=1

# Not what is behind a macro of the same name without _any, or says so.
for page in $(grep -L 'Examples</dt>\|Behind' "$scratch"/out/html/group__*_g*.html); do
    name=$(sed -n '/class="memname"/,/<\/td>/p' "$page" | sed 's/<[^>]*>//g' | tr -d '\n')
    case $name in
    *typedef* | *enum* | *TROUPE_STATUSES* | *_any* | *_each*) ;;
    *) echo "no program of apps/examples or apps/tutorial shows:$name"; bad=1 ;;
    esac
done
[ "$(grep -l 'Examples</dt>' "$scratch"/out/html/group__*_g*.html | wc -l)" -gt 50 ] ||
    { echo "doxygen has found no examples"; bad=1; }
exit $bad

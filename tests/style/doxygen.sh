#!/bin/sh
# Everything in the public headers is described, each parameter and result too: doxygen has nothing
# to say about them. Before it is believed, it must see what is missing in a copy.
set -eu
cd "$(dirname "$0")/../.."

command -v doxygen >/dev/null || { echo "skipped: no doxygen here"; exit 77; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# Only the list of statuses and the struct of an end are expanded, as the compiler would; everything
# else is documented as it is written. X is what the list is walked with.
warnings() { # FOLDER of troupe.h
    doxygen - 2>&1 >/dev/null <<OPTIONS
INPUT = $1/troupe.h $1/troupe
OUTPUT_DIRECTORY = $scratch/out
STRIP_FROM_PATH = $1
INCLUDE_PATH = $1
QUIET = YES
HAVE_DOT = NO
GENERATE_HTML = YES
GENERATE_LATEX = NO
OPTIMIZE_OUTPUT_FOR_C = YES
JAVADOC_AUTOBRIEF = YES
EXTRACT_ALL = NO
WARN_IF_UNDOCUMENTED = YES
WARN_NO_PARAMDOC = YES
ENABLE_PREPROCESSING = YES
MACRO_EXPANSION = YES
EXPAND_ONLY_PREDEF = YES
EXPAND_AS_DEFINED = TROUPE_STATUSES X
EXCLUDE_SYMBOLS = X
PREDEFINED = "__attribute__(x)=" \\
             "TROUPE_STRUCT(S, a, b)=struct S { MEMBER a MEMBER b }" \\
             "MEMBER(T, name)=T name;"
OPTIONS
}

sees() { # WHAT, which is added to a copy, and what doxygen is to say of it
    rm -rf "$scratch/lib"
    mkdir "$scratch/lib"
    cp -R lib/troupe lib/troupe.h "$scratch/lib"
    echo "$1" >>"$scratch/lib/troupe/run.h"
    warnings "$scratch/lib" | grep -q "$2" || { echo "doxygen does not see: $1"; exit 1; }
}

bad=0
sees 'int troupe_forgotten(void);' 'troupe_forgotten.* is not documented'
sees '/** Half. @return it */ int troupe_half(int forgotten);' 'parameter.*troupe_half.* not documented'

# Without it doxygen passes over all that stands outside of structs.
for header in lib/troupe.h lib/troupe/*.h; do
    head -n 1 "$header" | grep -q '^/\*\* @file$' || { echo "$header does not begin with @file"; bad=1; }
done

warnings lib >"$scratch/log"
sed "s,$PWD/,," "$scratch/log"
[ ! -s "$scratch/log" ] || bad=1
exit $bad

#!/bin/sh
# What the README shows as "c compiled" compiles, without a warning but for functions that nobody
# calls.
set -eu
cd "$(dirname "$0")/.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# As the code stands there, under the lines that it has there.
awk 'BEGIN { print "#include \"troupe.h\"" }
     /^```/ { on = 0 }
     on     { print }
     /^```c compiled$/ { on = 1; print "#line " NR + 1 " \"README.md\"" }' README.md >"$scratch/readme.c"

grep -q '^#line' "$scratch/readme.c" || { echo "README.md has no such code"; exit 1; }
# shellcheck disable=SC2086 # lists of flags
${CC:-cc} -Ilib ${CPPFLAGS-} ${CFLAGS-} -Wall -Wextra -Wpedantic -Werror -Wno-unused-function \
    -fsyntax-only "$scratch/readme.c"

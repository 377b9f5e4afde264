#!/bin/sh
# Builds and runs a program against the installed library, as a user would: by pkg-config alone.
#     check.sh PROGRAM.c
set -eu
. "$(dirname "$0")/../environment.sh"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# Under DESTDIR the installed prefix is not where troupe.pc says.
[ -z "${DESTDIR-}" ] || export PKG_CONFIG_SYSROOT_DIR="$DESTDIR"
flags=$(pkg-config --cflags --libs troupe)

# shellcheck disable=SC2086 # lists of flags
${CC:-cc} ${SANITIZE-} -o "$scratch/program" "$1" $flags
ASAN_OPTIONS="$ASAN_OPTIONS:detect_leaks=0" "$scratch/program"
echo "installcheck: $(basename "$1") was built with '$flags' and ran"

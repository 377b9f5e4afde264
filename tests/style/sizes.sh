#!/bin/sh
# Small enough to be read: a file of lib/ has at most 600 lines (or the test fails; the one header
# of macros has 850), a function at most 60 (or it is named, and that is all).
set -eu
cd "$(dirname "$0")/../.."

sources() { find "$@" -name '*.[chS]' | sort; }

# A function is what stands between braces in the first column.
sources lib apps | xargs awk '
    /^{/ { start = FNR }
    /^}/ && start {
        if (FNR - start - 1 > 60)
            print FILENAME ":" start ": note: a function of " FNR - start - 1 " lines"
        start = 0
    }'

sources lib | xargs awk '
    function close_file() {
        most = name ~ /declare\.h$/ ? 850 : 600
        if (lines > most) { print name ": " lines " lines, more than " most; bad = 1 }
    }
    FNR == 1 { close_file(); name = FILENAME }
             { lines = FNR }
    END      { close_file(); exit bad }'

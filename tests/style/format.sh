#!/bin/sh
# The part of the style that needs no taste: no tabs, no trailing blanks, lines of at most 100
# columns, and a newline at the end. The rest is .clang-format, by hand where a table is aligned.
set -eu
cd "$(dirname "$0")/../.."

# Columns are characters: the bytes that continue one in UTF-8 are not counted.
export LC_ALL=C

find lib apps tests -name '*.[chS]' | sort | xargs awk '
    function complain(what) { print FILENAME ":" FNR ": " what; bad = 1 }
    /\t/               { complain("a tab") }
    /[ \t\r]$/         { complain("blanks at the end of the line") }
    {
        line = $0
        gsub(/[\200-\277]/, "", line)
        if (length(line) > 100) complain(length(line) " columns")
    }
    END { exit bad }'

find lib apps tests -name '*.[chS]' | sort | while read -r file; do
    if [ -n "$(tail -c 1 "$file")" ]; then
        echo "$file: no newline at the end"
        exit 1
    fi
done

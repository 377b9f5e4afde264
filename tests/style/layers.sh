#!/bin/sh
# The folders of lib/ are layers: a file includes from its own folder and from those below it.
# The public headers stand beside the layers: everyone may include them, they only each other.
#     layers.sh [ROOT]      ROOT is the top of the source tree
# Without ROOT it looks at this tree, and first proves on a copy that it sees a violation.
set -eu

# From the bottom up.
layers="base wire actor schedule call gateway"

# file:line:header of every include with quotes, and of those in <troupe...>.
includes() {
    find lib -name '*.[chS]' | sort | xargs awk '
        /^[ \t]*#[ \t]*include[ \t]*("|<troupe)/ {
            header = $0
            sub(/^[^"<]*["<]/, "", header)
            sub(/[">].*/, "", header)
            print FILENAME ":" FNR ":" header
        }'
}

# Where a layer stands, counted from the bottom; nothing for what is no layer.
height() {
    number=0
    for layer in $layers; do
        number=$((number + 1))
        [ "$layer" != "$1" ] || echo $number
    done
}

# An include is written from lib/ ("wire/parcel.h"), or names a file of the same folder.
resolve() {
    if [ -e "lib/$2" ]; then echo "lib/$2"; else echo "$(dirname "$1")/$2"; fi
}

folder_of() {
    case $1 in
    lib/troupe.h | lib/troupe/*) echo public ;;
    lib/*/*) name=${1#lib/}; echo "${name%%/*}" ;;
    *) echo unknown ;;
    esac
}

allowed() { # FROM TO, two folders
    [ "$1" != "$2" ] && [ "$2" != public ] || return 0
    [ -n "$(height "$1")" ] && [ -n "$(height "$2")" ] && [ "$(height "$2")" -lt "$(height "$1")" ]
}

check() {
    includes | (
        bad=0
        while IFS=: read -r file line header; do
            from=$(folder_of "$file")
            to=$(folder_of "$(resolve "$file" "$header")")
            if ! allowed "$from" "$to"; then
                echo "$file:$line: $from/ must not include \"$header\" ($to/)"
                bad=1
            fi
        done
        exit $bad
    )
}

if [ $# -gt 0 ]; then
    cd "$1"
    check
    exit
fi

self=$(realpath "$0")
cd "$(dirname "$0")/../.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

planted() { # FILE HEADER: a tree with this include alone is refused
    rm -rf "${scratch:?}/lib"
    mkdir -p "$scratch/lib/troupe" "$(dirname "$scratch/$1")" "$(dirname "$scratch/lib/$2")"
    echo "/* $2 */" >"$scratch/lib/$2"
    echo "#include \"$2\"" >"$scratch/$1"
    if sh "$self" "$scratch" >/dev/null; then
        echo "layers.sh does not see that $1 includes $2"
        exit 1
    fi
}
planted lib/base/arena.c wire/wire.h
planted lib/wire/p2p.c call/call.h
planted lib/actor/mailbox.h schedule/loop.h
planted lib/troupe/future.h base/arena.h

check

#!/bin/sh
# Whoever gets a message of the library finds it in docs/troubleshooting.md: each text of four words
# or more in lib/ (and 12 letters), with … for what is filled in. All of "no memory" are one. Not those for who looks
# for a mistake (info, debug), nor what the gateway answers by HTTP, which is its contract's matter.
set -eu
cd "$(dirname "$0")/.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# FILE, a tab, and the text, of each message of a C file. Strings one behind the other are one.
messages() { # FILE
    awk -v file="$1" '
        { all = all $0 "\n" }
        END {
            gsub(/\/\*([^*]|\*+[^*\/])*\*+\//, "", all)
            while (match(all, /"([^"\\\n]|\\.)*"([ \n]*(PRI[a-zX0-9]+[ \n]*)?"([^"\\\n]|\\.)*")*/)) {
                statement = statement substr(all, 1, RSTART - 1)
                sub(/.*[;{}]/, "", statement)
                text = substr(all, RSTART, RLENGTH)
                all = substr(all, RSTART + RLENGTH)
                if (statement ~ /_Static_assert|\.name = $|LOG_INFO|LOG_DEBUG/ ||
                    (file ~ /gateway/ && statement !~ /trp_log|trp_die/))
                    continue
                gsub(/%"[ \n]*PRI[a-zX0-9]+[ \n]*"/, "…", text)
                gsub(/"[ \n]*"/, "", text)
                gsub(/^"|"$|\\n/, "", text)
                gsub(/%[-#0-9.*]*(ll|l|z|j)?[a-zA-Z]/, "…", text)
                gsub(/%$/, "…", text)
                letters = text
                gsub(/[^a-z]/, "", letters)
                if (split(text, words, " ") >= 4 && length(letters) >= 12)
                    print file "\t" text
            }
        }' "$1"
}

missing() { # FOLDER: what its messages say that the page does not have
    find "$1" -name '*.c' | sort | while read -r file; do messages "$file"; done |
        awk -F '\t' '
            FNR == NR { page = page $0 "\n"; next }
            $2 ~ /scontrol/ || $2 ~ /no memory/ { next }
            !index(page, $2) { print $1 ": not in docs/troubleshooting.md: " $2 }' \
            docs/troubleshooting.md -
}

# Before it is believed, it must see one that is missing, put together of two.
mkdir "$scratch/lib"
cat >"$scratch/lib/new.c" <<'C'
    /* "not this one, which is a comment" */
    trp_log(TRP_LOG_INFO, "nor this one, rank %d", rank);
    trp_die("rank %d has "
            "forgotten %s", rank, what);
C
[ "$(missing "$scratch/lib")" = "$scratch/lib/new.c: not in docs/troubleshooting.md: rank … has forgotten …" ] ||
    { echo "messages.sh does not see a new message:"; missing "$scratch/lib"; exit 1; }

missing lib >"$scratch/log"
cat "$scratch/log"
[ ! -s "$scratch/log" ]

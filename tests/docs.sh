#!/bin/sh
# What the pages show is so. Behind its ``` each block of code says how that is known:
#     c                       it compiles: the blocks of a page are one C file, in their order
#     c run                   statements, run in their order by a driver, on 1 rank and on 2
#     c in FILE               stands in FILE word for word (and is tried there)
#     c expansion             tests/declare.sh knows it
#     sh in FILE              as c in FILE
#     sh run                  it runs, in a folder that has the build directory as build/
#     sh long                 it runs in make check-long, in a copy of the sources, with one test
#     sh door                 it runs, as sh run, where a job can be called by other programs
#     sh slurm                it runs inside of a Slurm job: tests/slurm/runs.sh says so in $DOCS_IN
#     text expected           the sh run before it prints so; … is any text, a line ... any lines
#     text expected on 2 ranks     only there; without that, also on one process without mpirun
# Other languages, and blocks without a word, are not tried. `docs.sh PAGE…` tries some pages only.
set -u
here=$(cd "$(dirname "$0")" && pwd)
seconds=60
. "$here/support/programs.sh"
sources=$(cd "$here/.." && pwd)
cd "$sources" || exit 1
export abs_top_builddir="$top"
mkdir "$scratch/user"
ln -s "$top" "$scratch/user/build"

complain() { # WHERE WHAT: with what is in $scratch/log
    echo "$1: $2"
    sed 's/^/    /' "$scratch/log" | head -n 30
    bad=1
}

# ---- the blocks of a page ------------------------------------------------------------------------

# One file a block, NNN.LINE, and one line in `list`: NNN.LINE, then what stands behind the ```.
split() { # PAGE
    rm -rf "$scratch/blocks"
    mkdir "$scratch/blocks"
    awk -v to="$scratch/blocks" '
        /^ *```/ && on { on = 0; close(file); next }
        /^ *```/ {
            on = 1
            file = sprintf("%s/%03d.%d", to, ++count, NR + 1)
            printf "" >file
            sub(/^ *```/, "")
            sub(to "/", "", file)
            print file, $0 >(to "/list")
            file = to "/" file
            next
        }
        on { print >file }' "$1"
    touch "$scratch/blocks/list"
}

# ---- C -------------------------------------------------------------------------------------------

# The page as one C file. Where it has statements to run and no main, it gets a driver.
write_c() { # PAGE
    printf '#include <assert.h>\n#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n'
    echo '#include "troupe.h"'
    while read -r block how; do
        number=${block%.*} line=${block#*.}
        case $how in
        c) printf '#line %s "%s"\n' "$line" "$1"; cat "$scratch/blocks/$block" ;;
        'c run')
            printf 'static void block_%s(void)\n{\n#line %s "%s"\n' "$number" "$line" "$1"
            cat "$scratch/blocks/$block"
            echo '}'
            ;;
        esac
    done <"$scratch/blocks/list"
    grep -q ' c run$' "$scratch/blocks/list" || return 0
    printf 'static int driver(int argc, char **argv)\n{\n    (void)argc, (void)argv;\n'
    sed -n 's/^\([0-9]*\)\..* c run$/    block_\1();/p' "$scratch/blocks/list"
    printf '    return 0;\n}\nint main(int argc, char **argv)\n{\n'
    printf '    return troupe_run(argc, argv, driver, NULL);\n}\n'
}

try_c() { # PAGE
    grep -Eq ' c( run)?$' "$scratch/blocks/list" || return 0
    write_c "$1" >"$scratch/page.c"
    to_do=-fsyntax-only
    ! grep -q 'int main(' "$scratch/page.c" ||
        to_do="-o $scratch/page $top/lib/.libs/libtroupe.a ${GATEWAY_LIBS-} $MPI_LIBS $HWLOC_LIBS \
               $OPENMP_CFLAGS -lpthread -lm"
    # shellcheck disable=SC2086 # lists of flags
    ${CC:-cc} -Ilib ${CPPFLAGS-} ${CFLAGS-} -Wall -Wextra -Wpedantic -Werror -Wno-unused-function \
        "$scratch/page.c" $to_do >"$scratch/log" 2>&1 ||
        { complain "$1" "its C does not compile"; return 0; }
    [ "$to_do" != -fsyntax-only ] || return 0
    for n in 0 $(some_ranks 1 2); do
        with=
        [ "$n" = 0 ] || with="$launcher -n $n"
        # shellcheck disable=SC2086 # words
        timeout -k 5 "$seconds" $with "$scratch/page" </dev/null >"$scratch/log" 2>&1 ||
            complain "$1" "its program ends with $? on $n ranks"
    done
}

# `c in FILE`: the lines of the block stand in FILE one behind the other.
try_quote() { # PAGE BLOCK FILE
    : >"$scratch/log"
    awk 'FNR == NR { wanted[++n] = $0; next }
         { for (i = n; i > 1; i--) at[i] = at[i - 1] && $0 == wanted[i]
           at[1] = $0 == wanted[1]
           if (at[n]) found = 1 }
         END { exit !found }' "$scratch/blocks/$2" "$3" ||
        complain "$1:${2#*.}" "is not so in $3"
}

# ---- the shell -----------------------------------------------------------------------------------

# Runs commands in $1 and keeps what they print. Of the two ways the second knows no launcher.
run_in() { # FOLDER BLOCK alone|ranks
    {
        if [ "$3" = alone ]; then
            # shellcheck disable=SC2016 # for the block's shell
            echo 'mpirun() { shift 2; "$@"; }'
        else
            echo "mpirun() { command $launcher \"\$@\"; }"
        fi
        cat "$scratch/blocks/$2"
    } >"$scratch/commands"
    (cd "$1" && timeout -k 5 "$seconds" sh -eu "$scratch/commands" </dev/null) \
        >"$scratch/printed" 2>"$scratch/log"
}

try_sh() { # PAGE BLOCK
    [ -n "$launcher" ] || ! grep -q mpirun "$scratch/blocks/$2" || return 0
    run_in "$scratch/user" "$2" ranks || complain "$1:${2#*.}" "ends with $?"
}

# `sh door`: with the command and the module of the build, in a home of its own. A person calls when
# the job is there, and ends it by hand.
try_door() { # PAGE BLOCK
    [ -n "$launcher" ] && [ -x "$top/apps/troupe/troupe" ] || return 0
    for program in curl jq python3; do
        command -v $program >/dev/null || { echo "$1:${2#*.}: not tried: no $program here"; return 0; }
    done
    mkdir -p "$scratch/home"
    {
        echo "mpirun() { exec $launcher \"\$@\"; }" # behind an &: what is killed is it
        cat <<'END'
trap 'kill $! && wait $! || :' EXIT
troupe() {
    until command troupe list ranks >/dev/null 2>&1; do sleep 0.1; done
    command troupe "$@"
}
END
        cat "$scratch/blocks/$2"
    } >"$scratch/blocks/$2.door"
    (
        export HOME="$scratch/home" PATH="$top/apps/troupe:$PATH" PYTHONPATH="$sources/apps/python"
        unset XDG_RUNTIME_DIR
        run_in "$scratch/user" "$2.door" ranks
    ) || complain "$1:${2#*.}" "ends with $?"
}

# `sh slurm`, and nothing else then.
try_slurm() { # PAGE BLOCK
    if run_in "$scratch/user" "$2" ranks; then
        echo "$1:${2#*.}: runs in Slurm"
    else
        complain "$1:${2#*.}" "ends with $?"
    fi
}

# `sh long`: builds, so in a copy; the whole of the tests is run by who runs this one.
try_long() { # PAGE BLOCK
    [ -n "${TROUPE_TEST_LONG-}" ] || return 0
    if [ ! -d "$scratch/copy" ]; then
        mkdir "$scratch/copy"
        tar -cf - --exclude=./.git --exclude=./build --exclude=./build-clang --exclude=./shared . |
            tar -xf - -C "$scratch/copy"
    fi
    seconds=1800
    (
        export MAKEFLAGS="-j2 -- TESTS=tests/style/layers.sh DESTDIR=$scratch/installed"
        unset CC CFLAGS CPPFLAGS TROUPE_TEST_LONG
        run_in "$scratch/copy" "$2" ranks
    ) || complain "$1:${2#*.}" "ends with $?"
}

# What the latest `sh run` printed against what the page says, as one regular expression.
matches() { # BLOCK
    awk 'FNR == NR {
             if ($0 == "...") { wanted = wanted "([^\n]*\n)*"; next }
             gsub(/[][\\.^$*+?(){}|]/, "\\\\&")
             gsub(/…/, "[^\n]*")
             wanted = wanted $0 "\n"
             next
         }
         { is = is $0 "\n" }
         END { exit is !~ "^" wanted "$" }' "$scratch/blocks/$1" "$scratch/printed"
}

expect_printed() { # PAGE BLOCK COMMANDS ON
    if [ -z "$3" ]; then
        echo "$1:${2#*.}: no sh run before it"
        bad=1
        return
    fi
    if [ -n "$launcher" ]; then
        matches "$2" || { cp "$scratch/printed" "$scratch/log"; complain "$1:${2#*.}" "is not so:"; }
    fi
    [ -z "$4" ] || return 0
    run_in "$scratch/user" "$3" alone || complain "$1:${3#*.}" "ends with $? on one process"
    matches "$2" ||
        { cp "$scratch/printed" "$scratch/log"; complain "$1:${2#*.}" "is not so on one process:"; }
}

# ---- all of it -----------------------------------------------------------------------------------

try_page() { # PAGE
    split "$1"
    [ -n "${DOCS_IN-}" ] || try_c "$1"
    last=
    while read -r block how <&3; do
        where="$1:${block#*.}"
        case ${DOCS_IN:+in $DOCS_IN: }$how in
        'in slurm: sh slurm') try_slurm "$1" "$block" ;;
        'in slurm: '*) ;;
        c | 'c run' | 'c expansion') ;;
        'c in '* | 'sh in '*) try_quote "$1" "$block" "${how#* in }" ;;
        'sh run') try_sh "$1" "$block"; last=$block ;;
        'sh long') try_long "$1" "$block" ;;
        'sh door') try_door "$1" "$block" ;;
        'sh slurm') ;;
        'text expected'*) expect_printed "$1" "$block" "$last" "${how#text expected}" ;;
        c\ * | sh | sh\ *) echo "$where: \`\`\`$how does not say how it is tried, see tests/docs.sh"; bad=1 ;;
        esac
    done 3<"$scratch/blocks/list"
}

# Before it is believed, it must see a mistake of each kind.
sees() { # WHAT IT SAYS, for a page with the blocks: HOW CODE…
    says=$1
    shift
    : >"$scratch/wrong.md"
    while [ $# -gt 0 ]; do
        printf '```%s\n%s\n```\n' "$1" "$2" >>"$scratch/wrong.md"
        shift 2
    done
    if (try_page "$scratch/wrong.md"; exit $bad) >"$scratch/seen" 2>&1 ||
        ! grep -q "$says" "$scratch/seen"; then
        echo "docs.sh does not see what should be '$says':"
        cat "$scratch/wrong.md"
        bad=1
    fi
}

: >"$scratch/log"
if [ $# -eq 0 ]; then
    sees 'does not compile' c 'int x = "";'
    sees 'does not compile' 'c run' 'troupe_await(1);'
    sees 'program ends with' 'c run' 'assert(troupe_ranks() == 0);'
    sees 'is not so in' 'c in lib/troupe.h' '#define TROUPE_H_'
    sees 'ends with 3' 'sh run' 'exit 3'
    sees 'is not so' 'sh run' 'echo 12' 'text expected' '1'
    sees 'is not so' 'sh run' 'echo "a (b)"' 'text expected' '… b'
    sees 'is not so on one process' 'sh run' 'mpirun -n 2 echo 1' 'text expected' '1
1'
    sees 'no sh run before it' 'text expected' ''
    sees 'does not say how' sh 'exit 0'
    sees 'does not say how' 'c compiled' ''
    # shellcheck disable=SC2046 # names without spaces
    set -- $(find README.md CONTRIBUTING.md docs slurm apps -name '*.md' \
        ! -path 'docs/decisions/*' | sort)
fi
if [ $# -eq 1 ]; then
    try_page "$1"
    exit $bad
fi

# Launchers mostly wait: the pages at the same time, but for those that build.
pids=
for page in "$@"; do
    sh "$here/docs.sh" "$page" >"$scratch/said.$(echo "$page" | tr / .)" 2>&1 &
    if [ -z "${TROUPE_TEST_LONG-}" ]; then
        pids="$pids $!"
    else
        wait $! || bad=1
    fi
done
for pid in $pids; do
    wait "$pid" || bad=1
done
cat "$scratch"/said.*
exit $bad

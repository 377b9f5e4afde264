#!/bin/sh
# A job whose door is on the IPv6 loopback: its file has the address in brackets, and curl, the Python
# module and the command reach it there. Skipped where the machine has no ::1.
set -u
here=$(cd "$(dirname "$0")/.." && pwd)
. "$here/support/programs.sh"
unset http_proxy https_proxy all_proxy SLURM_JOB_ID TROUPE_TRANSPORT

served=$top/tests/gateway/served
command=$top/apps/troupe/troupe
[ -x "$served" ] || { echo "skipped: $served was not built"; exit 77; }
command -v python3 >/dev/null || { echo "skipped: there is no python3"; exit 77; }
python3 -c 'import socket; socket.create_server(("::1", 0), family=socket.AF_INET6)' 2>/dev/null ||
    { echo 'skipped: this machine has no ::1'; exit 77; }

XDG_RUNTIME_DIR=$scratch/run HOME=$scratch
export XDG_RUNTIME_DIR HOME
mkdir -m 700 "$XDG_RUNTIME_DIR"

begin() { # RANKS: 0 is by itself; then $process is that, or the launcher
    ranks=$1 with=
    [ "$ranks" = 0 ] || with="$launcher -n $ranks"
    what="on $ranks ranks:"
    # shellcheck disable=SC2086 # words
    TROUPE_GATEWAY='[::1]:0' timeout -k 5 "$seconds" $with "$served" </dev/null >"$scratch/out" 2>"$scratch/err" &
    process=$! waited=0 file=
    until [ -s "$file" ] || [ $waited -ge 300 ]; do
        sleep 0.1
        waited=$((waited + 1))
        file=$(ls "$XDG_RUNTIME_DIR"/troupe/*.json 2>/dev/null)
    done
}

value() { sed -n "s/.*\"$1\": \"\([^\"]*\)\".*/\1/p" "$file"; }

expect() { # WHAT IT IS, WHAT IT SHOULD BE
    [ "$1" = "$2" ] || complain "'$1', not '$2'"
}

for n in $(some_ranks 0 2); do
    begin "$n"
    url=$(value url) token=$(value token)
    port=${url##*:}
    expect "$url" "http://[::1]:$port"
    case $port in '' | *[!0-9]* | 0) complain "its port is '$port'" ;; esac
    expect "$(value socket)" ''
    expect_lines 0 'not encrypted' err # it is loopback

    if command -v curl >/dev/null; then
        ask() { curl -gs --max-time 20 -o /dev/null -w '%{http_code}' "$@"; }
        expect "$(curl -gs --max-time 20 "$url/healthz")" ok
        expect "$(ask "$url/v1/actors")" 401
        expect "$(ask -H "Authorization: Bearer $token" "$url/v1/actors")" 200
        expect "$(ask -H "Authorization: Bearer $token" -H 'Host: elsewhere' "$url/v1/actors")" 403
        expect "$(ask "http://127.0.0.1:$port/healthz")" 000
    fi
    expect "$(PYTHONPATH=$here/../apps/python PYTHONDONTWRITEBYTECODE=1 timeout 60 python3 -c '
import sys, troupe
for where in {}, {"url": sys.argv[1]}:
    with troupe.connect(**where) as t:
        print(len(t.ranks()) > 0, t.actor("progress").ratio())' "$url" 2>&1)" 'True 0.25
True 0.25'
    if [ -x "$command" ]; then
        expect "$("$command" call progress ratio)" 0.25
        expect "$("$command" call progress ratio --url "$url")" 0.25
        expect "$("$command" tunnel)" "ssh -L '$port:[::1]:$port' $(hostname)"
    fi
    kill "$process"
    wait "$process"
    rm -rf "$XDG_RUNTIME_DIR/troupe"
done
exit $bad

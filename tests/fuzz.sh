#!/bin/sh
# What a fuzzer has found to be interesting is tried again; in make check-long it looks for more,
# for a minute. What it finds then is to be kept in tests/fuzz/gateway_decode/.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=${abs_top_builddir:-$(pwd)}
replay=$top/tests/fuzz/replay

[ -x "$replay" ] || { echo 'skipped: built without a gateway'; exit 77; }
"$replay" "$here"/fuzz/gateway_decode/*

[ -n "${TROUPE_TEST_LONG-}" ] || exit 0
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
build() {
    # shellcheck disable=SC2046,SC2086 # lists of flags
    clang -g -O1 -std=gnu11 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
        -I"$here/../lib" -o "$scratch/fuzz" "$here/fuzz/gateway_decode.c" \
        "$here/../lib/gateway/decode.c" $(pkg-config --cflags --libs jansson)
}
build 2>"$scratch/log" || { echo 'the rest skipped: no clang with libFuzzer here'; exit 0; }
mkdir "$scratch/found"
cd "$scratch"
"$scratch/fuzz" -max_total_time="${TROUPE_FUZZ_SECONDS:-60}" -max_len=4096 -timeout=10 \
    -print_final_stats=1 "$scratch/found" "$here/fuzz/gateway_decode" >"$scratch/log" 2>&1 ||
    { tail -n 40 "$scratch/log"; exit 1; }
tail -n 8 "$scratch/log"

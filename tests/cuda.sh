#!/bin/sh
# The part of pi for GPUs is compiled with what there is: an nvcc in PATH, or in CI the one of PyPI.
# On a GPU it counts what the CPU counts; without one, asking for it is refused at once.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/support/programs.sh"
pi=$top/apps/pi/pi

skip() { echo "skipped: $1"; exit 77; }

# Sets $nvcc, and $cuda, the toolkit's folder.
find_nvcc() {
    nvcc=$(command -v nvcc) && cuda=$(dirname "$nvcc")/.. && return
    [ "${CI:-false}" = true ] || [ -n "${TROUPE_TEST_LONG-}" ] ||
        skip "no nvcc here; with CI=true or in check-long it is fetched"
    python3 -m venv "$scratch/venv" >"$scratch/out" 2>&1 ||
        skip "no nvcc here, and no python3 with venv to fetch it"
    timeout 300 "$scratch/venv/bin/pip" -q install nvidia-cuda-nvcc nvidia-cuda-runtime \
        nvidia-nvvm nvidia-cuda-crt nvidia-cuda-cccl >"$scratch/out" 2>&1 ||
        skip "no nvcc here, and pip cannot fetch it"
    nvcc=$(find "$scratch/venv" -name nvcc -path '*/bin/*' | head -n 1)
    [ -x "$nvcc" ] || skip "what pip fetched has no nvcc"
    cuda=$(dirname "$nvcc")/..
}

# pi as --with-cuda builds it, out of the objects of this build.
build() {
    what="building pi for GPUs:"
    "$nvcc" -O3 -I"$here/../apps/pi" -c -o "$scratch/sample_gpu.o" "$here/../apps/pi/sample_gpu.cu" \
        >"$scratch/out" 2>"$scratch/err" || { complain "nvcc cannot compile sample_gpu.cu"; return 1; }
    # shellcheck disable=SC2086 # lists of flags
    ${CC:-cc} ${CFLAGS-} -o "$scratch/pi" "$top"/apps/pi/pi-options.o "$top"/apps/pi/pi-pi.o \
        "$top"/apps/common/pi_pi-report_option.o "$top"/apps/pi/pi-progress.o \
        "$top"/apps/pi/pi-sample_circle.o "$scratch/sample_gpu.o" \
        "$top"/apps/pi/.libs/libsample.a "$top"/lib/.libs/libtroupe.a -L"$cuda/lib64" -L"$cuda/lib" \
        -lcudart_static -lstdc++ $GATEWAY_LIBS $MPI_LIBS $HWLOC_LIBS $OPENMP_CFLAGS -lpthread -ldl -lrt -lm \
        >"$scratch/out" 2>"$scratch/err" || { complain "pi cannot be linked"; return 1; }
}

inside() { sed -n '$s/.*"inside": \([^,}]*\).*/\1/p' "$scratch/out"; }

"$pi" --help | grep -q -- --gpu || { echo "pi knows no --gpu"; exit 1; }

find_nvcc
build || exit 1
if [ -e /dev/nvidia0 ]; then
    play 0 "$pi" --quiet --json --seed 5 --samples 300000017
    expected=$(inside)
    play 0 "$scratch/pi" --quiet --json --seed 5 --samples 300000017 --gpu --tasks 3 --report-every 7000000
    expect_status 0
    [ "$(inside)" = "$expected" ] || complain "inside is $(inside), not $expected as on CPUs"
    expect_lines 1 'kernel cuda' out
else
    play 0 "$scratch/pi" --quiet --gpu
    expect_status 1
    expect_lines 1 'GPU' err
fi
exit $bad

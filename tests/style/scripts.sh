#!/bin/sh
# What shellcheck has to say of the scripts that users copy, and of those that try them: nothing.
set -eu
cd "$(dirname "$0")/../.."

command -v shellcheck >/dev/null || { echo "skipped: no shellcheck here"; exit 77; }
# They source each other; what one sets is used in another.
shellcheck slurm/*.sh
shellcheck --severity=warning --exclude=SC1091,SC2034,SC2154 tests/slurm/*.sh tests/ending.sh

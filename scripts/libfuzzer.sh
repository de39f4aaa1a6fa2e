#!/usr/bin/env bash
# Runs cargo-fuzz on all targets of fuzz/ or on the given ones, for FUZZ_SECONDS each (60), starting with the corpus in
# server/tests/it/corpus. Our code has no unsafe code, so it needs no sanitizer and a stable compiler is enough. With a
# nightly compiler, FUZZ_SANITIZER=address checks our dependencies.
set -euo pipefail
source "$(dirname "$0")/env.sh"
cd "$ROOT"

cargo fuzz --version >/dev/null 2>&1 || die "cargo-fuzz is not on the PATH: cargo install cargo-fuzz"
has c++ || die "libFuzzer needs a C++ compiler (Debian: apt-get install g++)."

# seed TARGET: a line of the kept corpus is an input.
seed() {
  local line number=0
  mkdir -p "fuzz/corpus/$1"
  while IFS= read -r line || [[ -n $line ]]; do
    number=$((number + 1))
    printf '%s' "$line" >"fuzz/corpus/$1/kept-$number"
  done <"server/tests/it/corpus/$1.txt"
}

if (($# == 0)); then
  for source in fuzz/fuzz_targets/*.rs; do set -- "$@" "$(basename "$source" .rs)"; done
fi
for target in "$@"; do
  seed "$target"
  say "fuzzing $target for ${FUZZ_SECONDS:-60} s (the first time all is compiled for it, which takes many minutes)"
  cargo fuzz run --sanitizer "${FUZZ_SANITIZER:-none}" "$target" -- \
    -max_total_time="${FUZZ_SECONDS:-60}" -timeout=10 -print_final_stats=1 ||
    die "$target: the input is in fuzz/artifacts/$target. Again: cargo run --release -p multi-session-fuzz --bin $target -- FILE; once it is mended it becomes a line of server/tests/it/corpus/$target.txt."
done

#!/usr/bin/env bash
# rustdoc for `cargo test --doc`: before it tests the examples of a package that is published, it builds that package's
# documentation, and warnings are errors. `cargo doc` would say the same, but compiles every dependency once more.
set -euo pipefail

name='' is_test=false build=()
previous=''
for argument in "$@"; do
  case $argument in
  --test) is_test=true ;;
  --test-* | --persist-doctests | --no-run | --nocapture | --no-capture) ;;
  *)
    # The value of an option that is for tests only.
    [[ $previous == --test-* || $previous == --persist-doctests ]] || build+=("$argument")
    ;;
  esac
  [[ $previous != --crate-name ]] || name=$argument
  previous=$argument
done

case $is_test$name in
truemulti_session | truemulti_session_leptos)
  rustdoc "${build[@]}" -D warnings -o "$CARGO_TARGET_DIR/checked-doc"
  ;;
esac
exec rustdoc "$@"

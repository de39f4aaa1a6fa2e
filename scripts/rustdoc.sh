#!/usr/bin/env bash
# rustdoc for `cargo test --doc`. Before it tests the examples of a published package, it builds that package's
# documentation with warnings as errors. `cargo doc` would do the same, but compiles every dependency again. At low
# priority, because other tests run beside it.
set -euo pipefail

name='' is_test=false build=()
previous=''
for argument in "$@"; do
  case $argument in
  --test) is_test=true ;;
  --test-* | --persist-doctests | --no-run | --nocapture | --no-capture) ;;
  *)
    # The value of an option that is only for tests.
    [[ $previous == --test-* || $previous == --persist-doctests ]] || build+=("$argument")
    ;;
  esac
  [[ $previous != --crate-name ]] || name=$argument
  previous=$argument
done

case $is_test$name in
truemulti_session | truemulti_session_leptos)
  nice -n 19 rustdoc "${build[@]}" -D warnings -o "$CARGO_TARGET_DIR/checked-doc"
  ;;
esac
exec nice -n 19 rustdoc "$@"

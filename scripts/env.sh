# shellcheck shell=bash disable=SC2034
# Versions, folders, PATH and helpers of all scripts, which source this file. It changes nothing on disk.
# By hand: `source scripts/env.sh`, then `cargo leptos watch` finds its tools.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
TOOLS=$ROOT/.tools
SCHEMATHESIS=$TOOLS/schemathesis
CARGO_DENY=$TOOLS/cargo-deny

# cargo_toml KEY: its value in the workspace's Cargo.toml.
cargo_toml() { sed -n "s/^$1 *= *\"\(.*\)\".*/\1/p" "$ROOT/Cargo.toml"; }

CARGO_DENY_VERSION=0.20.2
WASM_TARGET=wasm32-unknown-unknown
NODE_MAJOR=20
RUST_VERSION=$(cargo_toml rust-version)

# The source of the standard library for wasm: rustup, or Debian's packages after setup-wasm-debian.sh.
DEBIAN_RUST=$TOOLS/debian-rust
WASM_FROM=${MULTI_SESSION_WASM_FROM:-$([[ -e $DEBIAN_RUST/version ]] && echo debian || echo rustup)}

# A fixed target directory, whatever the caller's settings, because scripts look for the binary and the site in it.
export CARGO_TARGET_DIR=$ROOT/target
export PATH=$TOOLS/bin:$ROOT/tools/node_modules/.bin:$PATH
export CHROMIUM=${CHROMIUM:-/usr/bin/chromium-headless-shell}
export FIREFOX=${FIREFOX:-/usr/bin/firefox-esr}
# The browser engines to test in addition to Chromium.
ENGINES=${ENGINES:-firefox webkit}

# Leptos reads these while it is compiled. cargo-leptos sets them from Cargo.toml; plain cargo must set the same,
# or `cargo test` compiles Leptos once more, with other paths for the server functions.
LEPTOS_OUTPUT_NAME=$(cargo_toml output-name)
SERVER_FN_PREFIX=$(cargo_toml server-fn-prefix)
[[ -z $LEPTOS_OUTPUT_NAME ]] || export LEPTOS_OUTPUT_NAME
[[ -z $SERVER_FN_PREFIX ]] || export SERVER_FN_PREFIX

# Log files should have results, not progress.
if [[ -n ${CI:-} ]]; then
  export CARGO_TERM_QUIET=true CARGO_TERM_COLOR=never
fi

say() { printf '==> %s\n' "$*"; }

die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

has() { command -v "$1" >/dev/null 2>&1; }

# wants ENGINE: whether it is one of ENGINES.
wants() { [[ " $ENGINES " == *" $1 "* ]]; }

# bounded SECONDS COMMAND...: runs it with a timeout. Systems without `timeout` wait as long as it takes.
bounded() { if has timeout; then timeout "$@"; else "${@:2}"; fi; }

# The folder of PostgreSQL's programs, if installed. Debian does not put them on the PATH.
postgres_bin() {
  local initdb
  for initdb in /usr/lib/postgresql/*/bin/initdb "$(command -v initdb || true)"; do
    if [[ -x $initdb && -x ${initdb%initdb}pg_ctl ]]; then
      dirname "$initdb"
      return
    fi
  done
  return 1
}

# HAProxy, if installed. The PATH may lack /usr/sbin.
haproxy_bin() { PATH=$PATH:/usr/sbin command -v haproxy; }

# python_environment FOLDER LOG WHAT ARGUMENTS...: creates a Python environment and runs `pip install` in it.
python_environment() {
  local folder=$1 log=$2 what=$3
  shift 3
  # On Debian, environments need the package python3-venv.
  has_python || apt_install python "Installing Python" python3 python3-venv
  has_python || die "$what: needs Python 3.10 or newer; the one on the PATH is $(python3 --version 2>&1)."
  rm -rf "$folder"
  must_quietly "$log-environment" "Making a Python environment" python3 -m venv "$folder"
  must_quietly "$log" "$what" "$folder/bin/python" -m pip install --disable-pip-version-check --no-input "$@"
}

has_python() { python3 -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; }

# with_clippy COMMAND...: with Clippy as the compiler of our own crates, so that linting them and compiling them is one
# step. `cargo clippy` sets the same two variables. Warnings are errors.
with_clippy() {
  local driver
  driver=$(command -v clippy-driver) || die "clippy-driver is not on the PATH. Install it: rustup component add clippy"
  RUSTC_WORKSPACE_WRAPPER=$driver CLIPPY_ARGS="-Dwarnings__CLIPPY_HACKERY__" "$@"
}

# checked_cargo COMMAND...: cargo for tests, with Clippy. Incremental except in CI: the first build takes half a minute
# longer, and one after a change of the library a minute and a half less.
checked_cargo() {
  local command=$1
  shift
  CARGO_INCREMENTAL=${CARGO_INCREMENTAL:-$([[ -n ${CI:-} ]] && echo 0 || echo 1)} \
    with_clippy cargo "$command" --config "$ROOT/.cargo/tests.toml" "$@"
}

# The crates that run on the server, with what their tests need.
SERVER_CRATES=(--release --workspace --exclude frontend --exclude bindgen --features multi-session/test-support,example-leptos/ssr)

# The crates of the two sites, as arguments of `cargo rustc`. Only as cdylib: for an rlib, cargo would compile what
# both depend on a second time, with machine code.
as_site=(--lib --crate-type cdylib --target "$WASM_TARGET" --profile wasm-release)
SITE_CRATE=(--package frontend "${as_site[@]}")
EXAMPLE_SITE_CRATE=(--package example-leptos --features hydrate "${as_site[@]}")

# for_wasm COMMAND...: with the compiler that knows wasm first on the PATH.
for_wasm() {
  if [[ $WASM_FROM == debian ]]; then
    PATH=$DEBIAN_RUST/bin:$PATH "$@"
  else
    "$@"
  fi
}

# quietly LOG WHAT COMMAND...: a line when it begins and one when it ends; the output goes to a log.
quietly() {
  local log=$TOOLS/log/$1.log what=$2 start=$SECONDS
  shift 2
  mkdir -p "$TOOLS/log"
  say "$what"
  if "$@" >"$log" 2>&1 </dev/null; then
    say "$what: done in $((SECONDS - start)) s"
  else
    say "$what: FAILED after $((SECONDS - start)) s"
    return 1
  fi
}

# must_quietly LOG WHAT COMMAND...: the same, and a failure shows the end of the log and is final.
must_quietly() {
  quietly "$@" || {
    tail -n 40 "$TOOLS/log/$1.log"
    die "$2: failed, all of it is in .tools/log/$1.log"
  }
}

# apt_install LOG WHAT PACKAGES...: on Debian as root; elsewhere it says what to do.
apt_install() {
  local log=$1 what=$2
  shift 2
  if ! has apt-get || ((EUID != 0)); then
    die "$what: missing here. As root on Debian 12: apt-get install $*"
  fi
  must_quietly "$log" "$what ($*)" apt_update_and_install "$@"
}

apt_update_and_install() {
  apt-get update && DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install --yes --no-install-recommends "$@"
}

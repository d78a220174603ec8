#!/usr/bin/env bash
# Builds, tries, tests and measures ATSi; see `./build.sh help`.
set -euo pipefail
cd "$(dirname "$0")"

say() { printf '\n\033[1m%s\033[0m\n' "$*" >&2; }

help() {
  cat <<'EOF'
./build.sh            builds everything into dist/
./build.sh demo       builds, starts the sandbox and the proxy, and opens a browser on a Jopwell profile
./build.sh test       every check and test; --soak runs the long ones at full size
./build.sh bench      measures and prints a table, and dist/bench.json; bench NAME runs one group
./build.sh package    zips both extensions, the same bytes for the same source
./build.sh screenshots  makes the pictures of the documents again

Each installs what it needs: the WebAssembly target, npm packages and, where they are missing and you
may install packages, Debian's Chromium and Firefox.
EOF
}

need() {
  command -v "$1" >/dev/null || { say "$1 is missing. $2"; exit 1; }
}

set_up() {
  need cargo "Install Rust from https://rustup.rs."
  need node "Install Node.js 20 or newer."
  need npm "Install Node.js 20 or newer."
  if command -v rustup >/dev/null && ! rustup target list --installed | grep -q '^wasm32-unknown-unknown$'; then
    say "Adding the WebAssembly target"
    rustup target add wasm32-unknown-unknown
  fi
  if ! cmp -s package-lock.json node_modules/.installed-lock; then
    say "Installing npm packages"
    npm ci --no-fund --no-audit
    cp package-lock.json node_modules/.installed-lock
  fi
}

set_up_browsers() {
  local missing=()
  command -v chromium >/dev/null || missing+=(chromium)
  command -v firefox-esr >/dev/null || missing+=(firefox-esr)
  [[ $(fc-list 2>/dev/null) == *NotoSansCJK* ]] || missing+=(fonts-noto-core fonts-noto-cjk)
  [ -d /usr/lib/postgresql ] || missing+=(postgresql)
  [ ${#missing[@]} -eq 0 ] && return
  local as_root=()
  [ "$(id -u)" -eq 0 ] || as_root=(sudo)
  say "Installing ${missing[*]}"
  "${as_root[@]}" apt-get update -qq
  DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq "${missing[@]}" >/dev/null
}

# build [what cargo builds]: at least the three programs.
build() {
  set_up
  [ $# -gt 0 ] || set -- -p atsi-proxy -p atsi-sandbox -p xtask
  say "Building the proxy, the sandbox and the build tool"
  cargo build --locked --release "$@"
  say "Building the extension"
  "${CARGO_TARGET_DIR:-target}/release/xtask" extension
  cp "${CARGO_TARGET_DIR:-target}/release/"{atsi-proxy,atsi-sandbox} dist/
}

test_all() {
  export ATSI_SOAK=""
  [ "${1:-}" = --soak ] && export ATSI_SOAK=1
  # Together with the tests: they need more features of a few libraries, which would otherwise be compiled
  # twice, with all that depends on them.
  build --workspace --lib --bins --tests
  set_up_browsers
  say "Dependencies"
  "${CARGO_TARGET_DIR:-target}/release/xtask" dependencies
  say "Format and lints"
  cargo fmt --all --check
  cargo clippy --locked --release --workspace --all-targets -- -D warnings
  cargo clippy --locked --profile wasm -p atsi --lib --target wasm32-unknown-unknown -- -D warnings
  say "Rust tests"
  cargo test --locked --release --workspace
  [ -n "$ATSI_SOAK" ] && fuzz
  say "Two builds give the same bytes"
  tests/reproducible.sh
  say "Browser tests"
  browser_tests
}

# Both browsers at once, but one file after another: a policy for Chromium applies to the whole machine.
browser_tests() {
  local firefox failed=0
  mkdir -p test-output
  ATSI_BROWSERS=firefox node --test --test-concurrency=1 tests/browser/*.test.js >test-output/firefox.tap 2>&1 &
  firefox=$!
  ATSI_BROWSERS=chromium node --test --test-concurrency=1 tests/browser/*.test.js || failed=1
  wait "$firefox" || failed=1
  cat test-output/firefox.tap
  return "$failed"
}

# Each fuzz target for two minutes; cargo test runs them briefly.
fuzz() {
  if ! cargo fuzz --version >/dev/null 2>&1 || ! cargo +nightly --version >/dev/null 2>&1; then
    say "SKIPPED: fuzzing (rustup toolchain install nightly, and cargo install cargo-fuzz)"
    return
  fi
  local target seeds
  for target in web_hook recipe page protocol; do
    say "Fuzzing $target"
    seeds=fuzz/seeds/$target
    [ "$target" = recipe ] && seeds=extension/recipes
    mkdir -p "fuzz/corpus/$target"
    cargo +nightly fuzz run "$target" "fuzz/corpus/$target" "$seeds" -- \
      -max_total_time="${ATSI_FUZZ_SECONDS:-120}" -print_final_stats=1
  done
}

bench() {
  build
  set_up_browsers
  node tests/bench/bench.js "$@"
}

demo() {
  build
  set_up_browsers
  node tests/demo/demo.js "$@"
}

screenshots() {
  build
  set_up_browsers
  node tests/demo/screenshots.js
}

command=${1:-build}
[ $# -gt 0 ] && shift
case $command in
  build) build; say "Built: dist/chromium, dist/firefox, dist/atsi-proxy, dist/atsi-sandbox" ;;
  demo) demo "$@" ;;
  test) test_all "$@" ;;
  bench) bench "$@" ;;
  screenshots) screenshots ;;
  package) build; "${CARGO_TARGET_DIR:-target}/release/xtask" package ;;
  help | --help | -h) help ;;
  *) say "Unknown command: $command"; help; exit 2 ;;
esac

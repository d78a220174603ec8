#!/usr/bin/env bash
# Builds the extension a second time, in another folder with a target folder of its own, and
# compares every byte. Mozilla's reviewers do the same.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
there=$(mktemp -d)
trap 'rm -rf "$there"' EXIT
cd "$here"
git ls-files -z --cached --others --exclude-standard | grep -zv '^docs/' | xargs -0 cp --parents -t "$there"
ln -s "$here/node_modules" "$there/node_modules"
cd "$there"
CARGO_TARGET_DIR="$there/target" "${CARGO_TARGET_DIR:-$here/target}/release/xtask" extension >/dev/null
diff -r "$here/dist/chromium" "$there/dist/chromium"
diff -r "$here/dist/firefox" "$there/dist/firefox"
echo "dist/chromium and dist/firefox are the same to the byte"

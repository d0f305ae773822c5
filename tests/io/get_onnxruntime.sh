#!/usr/bin/env bash
# Bring ONNX Runtime for Node into $WANN_NPM, once.
set -u
[ ! -d "$WANN_NPM/node_modules/onnxruntime-node" ] || exit 0
command -v npm >/dev/null && command -v node >/dev/null || {
    echo "skipped: there is no npm"
    exit 77
}
mkdir -p "$WANN_NPM"
timeout 240 npm install --prefix "$WANN_NPM" --ignore-scripts --no-audit --no-fund --loglevel error \
    onnxruntime-node@1 >"$WANN_NPM/log" 2>&1 || {
    rm -rf "$WANN_NPM/node_modules"
    echo "skipped: npm cannot get onnxruntime-node: $(tail -n 1 "$WANN_NPM/log")"
    exit 77
}

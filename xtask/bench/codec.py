"""One core: the codec's example `time` beside the OpenJPH inside imagecodecs, in turns, so that both see the same state of the machine.

Usage: codec.py REPORT TIME FILE...

Both sides decode from memory to memory, each in its own process and into one buffer that it reuses, and report the median of
their decodes in a round, in time on the processor; the ratio is taken round by round. A ratio above 1 means that Lightbox is
faster. Where the processor has AVX-512, Lightbox runs with AVX2 alone too. Then both encode what they decoded, without loss and
with the same number of levels, code-blocks and colour transform.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import imagecodecs

from machine import machine, summary, written

ROUNDS = 5
SECONDS = 0.5


def lightbox(program, path, *options):
    """The JSON object of one round of ours."""
    command = [program, "--threads", "1", "--seconds", str(SECONDS), *options, path]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def peer_ms(work):
    """Median of the peer's runs in this round."""
    work()
    times, end = [], time.perf_counter() + SECONDS
    while len(times) < 5 or time.perf_counter() < end:
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return statistics.median(times) * 1e3


def compare(ours, peer):
    """All rounds of one kind of work: ours by name, each a function that gives its milliseconds."""
    times, theirs = {name: [] for name in ours}, []
    for _ in range(ROUNDS):
        for name, run in ours.items():
            times[name].append(run())
        theirs.append(peer_ms(peer))
    ratio = {name: summary([peer / our for our, peer in zip(mine, theirs)]) for name, mine in times.items()}
    return {"lightbox_ms": {n: summary(t) for n, t in times.items()}, "openjph_ms": summary(theirs), "ratio": ratio}


def decoding(program, path, sets):
    """Decodes of one file with each instruction set."""
    data = Path(path).read_bytes()
    out = imagecodecs.htj2k_decode(data)
    ours = {name: lambda name=name: lightbox(program, path, "--simd", name.lower())["median_ms"] for name in sets}
    return compare(ours, lambda: imagecodecs.htj2k_decode(data, out=out))


def encoding(program, path, sets):
    """Encodes of what was decoded, and the lengths that come of it."""
    image = imagecodecs.htj2k_decode(Path(path).read_bytes())
    first = lightbox(program, path, "--encode", "--seconds", "0")
    options = {"resolutions": first["levels"], "reversible": True, "rgb": first["components"] == 3}
    theirs = len(imagecodecs.htj2k_encode(image, **options))
    ours = {name: lambda name=name: lightbox(program, path, "--encode", "--simd", name.lower())["median_ms"] for name in sets}
    result = compare(ours, lambda: imagecodecs.htj2k_encode(image, **options))
    return {**result, "lightbox_bytes": first["bytes"], "openjph_bytes": theirs}


def table(title, work, program, paths, sets):
    """Measures and prints one kind of work for all files."""
    print(f"\n{title}\n{'file':<12}{'set':<9}{'Lightbox':>10}{'OpenJPH':>10}{'ratio':>8}  lowest..highest")
    rows = []
    for path in paths:
        row = {"file": Path(path).name, **work(program, path, sets)}
        rows.append(row)
        for name in sets:
            ours, theirs, ratio = row["lightbox_ms"][name]["median"], row["openjph_ms"]["median"], row["ratio"][name]
            spread = f"{ratio['lowest']:.2f}..{ratio['highest']:.2f}"
            print(f"{row['file']:<12}{name:<9}{ours:>10.3f}{theirs:>10.3f}{ratio['median']:>8.2f}  {spread}", flush=True)
    return rows


def main():
    report_path, program, *paths = sys.argv[1:]
    # One core for both: the children inherit it.
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    best = lightbox(program, paths[0], "--seconds", "0")["simd"]
    sets = [best, "AVX2"] if best == "AVX-512" else [best]
    peer = f"OpenJPH {imagecodecs.htj2k_version().split()[-1]} in imagecodecs {imagecodecs.__version__}"
    print(f"one core, median ms of {ROUNDS} rounds; peer: {peer}")
    decoded = table("decoding", decoding, program, paths, sets)
    encoded = table("encoding, lossless", encoding, program, paths, sets)
    written(report_path, {"machine": machine(), "threads": 1, "peer": peer, "decoding": decoded, "encoding": encoded})


main()

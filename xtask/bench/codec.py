"""One core: `lightbox bench` beside the OpenJPH inside imagecodecs, in turns, so that both see the same state of the machine.

Usage: codec.py REPORT LIGHTBOX FILE...

Both sides decode from memory to memory, each in its own process and into one buffer that it reuses, and report the median of
their decodes in a round; the ratio is taken round by round. A ratio above 1 means that Lightbox is faster.
"""

import os
import statistics
import sys
import time
from pathlib import Path

import imagecodecs

from machine import lightbox_bench, machine, summary, written

ROUNDS = 5
# As long as `lightbox bench` measures.
SECONDS = 0.5


def peer_ms(data):
    """Median of the peer's decodes in this round."""
    out = imagecodecs.htj2k_decode(data)
    times, end = [], time.perf_counter() + SECONDS
    while len(times) < 5 or time.perf_counter() < end:
        start = time.perf_counter()
        imagecodecs.htj2k_decode(data, out=out)
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1e3


def compare(program, path):
    """All rounds of one file."""
    data = Path(path).read_bytes()
    ours, theirs = [], []
    for _ in range(ROUNDS):
        ours.append(lightbox_bench(program, path, "--threads", "1")["median_ms"])
        theirs.append(peer_ms(data))
    ratios = [peer / our for our, peer in zip(ours, theirs)]
    return {"file": Path(path).name, "lightbox_ms": summary(ours), "openjph_ms": summary(theirs), "ratio": summary(ratios)}


def main():
    report_path, program, *paths = sys.argv[1:]
    # One core for both: the children inherit it.
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    peer = f"OpenJPH {imagecodecs.htj2k_version().split()[-1]} in imagecodecs {imagecodecs.__version__}"
    print(f"one core, median ms of {ROUNDS} rounds; peer: {peer}\n")
    print(f"{'file':<12}{'Lightbox':>10}{'OpenJPH':>10}{'ratio':>8}  lowest..highest")
    rows = []
    for path in paths:
        row = compare(program, path)
        rows.append(row)
        ours, theirs, ratio = row["lightbox_ms"]["median"], row["openjph_ms"]["median"], row["ratio"]
        spread = f"{ratio['lowest']:.2f}..{ratio['highest']:.2f}"
        print(f"{row['file']:<12}{ours:>10.3f}{theirs:>10.3f}{ratio['median']:>8.2f}  {spread}", flush=True)
    written(report_path, {"machine": machine(), "threads": 1, "peer": peer, "files": rows})


main()

"""Two sides that run in turns, and the lines that say how they compare."""

import json
import statistics
import subprocess
import time
from pathlib import Path

from machine import summary

ROUNDS = 5
SECONDS = 0.5


class Examples:
    """The codec's examples, as programs."""

    def __init__(self, folder):
        self.folder = Path(folder)

    def run(self, name, *arguments):
        """What an example prints."""
        program = next(path for path in (self.folder / name, self.folder / f"{name}.exe") if path.is_file())
        return subprocess.run([program, *map(str, arguments)], check=True, capture_output=True, text=True).stdout

    def time(self, path, *options, threads=1, seconds=SECONDS):
        """The JSON object of one round of ours."""
        return json.loads(self.run("time", "--threads", threads, "--seconds", seconds, *options, path))

    def ms(self, path, *options, **how):
        """Its milliseconds alone."""
        return self.time(path, *options, **how)["median_ms"]


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
    return {"lightbox_ms": {n: summary(t) for n, t in times.items()}, "peer_ms": summary(theirs), "ratio": ratio}


def title(heading, peer):
    """The head of a table."""
    print(f"\n{heading}\n{'':<22}{'Lightbox':>10}{peer:>10}{'ratio':>8}  lowest..highest")


def row(label, result, name):
    """A line of it."""
    ours, theirs, ratio = result["lightbox_ms"][name]["median"], result["peer_ms"]["median"], result["ratio"][name]
    spread = f"{ratio['lowest']:.2f}..{ratio['highest']:.2f}"
    print(f"{label:<22}{ours:>10.3f}{theirs:>10.3f}{ratio['median']:>8.2f}  {spread}", flush=True)

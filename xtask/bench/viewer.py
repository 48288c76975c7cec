"""The viewer on one series, each figure beside the floor it is held against, measured in turns.

Usage: viewer.py REPORT LIGHTBOX FOLDER

first picture   process start to the first picture shown, over a bare window's first frame plus decoding one image
whole series    all pictures and thumbnails, over `lightbox bench` of the same files on all cores
steadiness      longest gap between two frames while loading, over that of the viewer at rest
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from machine import lightbox_bench, machine, summary, written

ROUNDS = 5
# Name of figure: highest ratio that is good.
ALLOWED = {"first picture": 1.3, "whole series": 1.2, "steadiness": 2.0}


def report_of(program, *arguments):
    """Runs the program and reads the report that it writes to the file named by "OUT"."""
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "report.json")
        command = [program, *(path if a == "OUT" else a for a in arguments)]
        environment = {**os.environ, "LIGHTBOX_BENCH_START": str(time.time_ns())}
        subprocess.run(command, check=True, env=environment, timeout=600)
        return json.loads(Path(path).read_text(encoding="utf-8"))


def one_round(program, folder, image):
    """Both sides of every figure, ms."""
    bare = report_of(program, "bench-window", "OUT")
    decode = lightbox_bench(program, image, "--threads", "1")["median_ms"]
    viewer = report_of(program, "--bench-report", "OUT", folder)
    series = lightbox_bench(program, folder)["median_ms"]
    moving = report_of(program, "--bench-report", "OUT", "--bench-animate", folder)
    return {
        "first picture": (viewer["start_to_first_picture_ms"], bare["start_to_first_frame_ms"] + decode),
        "whole series": (viewer["loading_ms"], series),
        "steadiness": (moving["loading_gaps"]["longest_ms"], moving["resting_gaps"]["longest_ms"]),
    }


def main():
    report_path, program, folder = sys.argv[1:]
    images = sorted(path for path in Path(folder).iterdir() if path.suffix == ".dcm")
    if not images:
        sys.exit(f"{folder} holds no .dcm files")
    middle = str(images[len(images) // 2])
    rounds = [one_round(program, folder, middle) for _ in range(ROUNDS)]
    print(f"{Path(folder).name}: {len(images)} images, median of {ROUNDS} rounds\n")
    print(f"{'figure':<16}{'viewer ms':>12}{'floor ms':>12}{'ratio':>8}{'allowed':>9}")
    figures = {}
    for name, allowed in ALLOWED.items():
        viewer, floor = zip(*(figures_of[name] for figures_of in rounds))
        ratio = [a / b for a, b in zip(viewer, floor)]
        figures[name] = {"viewer_ms": summary(viewer), "floor_ms": summary(floor), "ratio": summary(ratio), "allowed": allowed}
        row = [figures[name][key]["median"] for key in ("viewer_ms", "floor_ms", "ratio")]
        print(f"{name:<16}{row[0]:>12.1f}{row[1]:>12.1f}{row[2]:>8.2f}{allowed:>9.1f}")
    written(report_path, {"machine": machine(), "series": Path(folder).name, "images": len(images), "figures": figures})


main()

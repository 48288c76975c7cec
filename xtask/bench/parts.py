"""What a part of the work takes: on each of two cores, and where only a window of a great image is wanted."""

import imagecodecs

from machine import summary
from turns import ROUNDS

# Of these ratios the least is looked at as closely as the median: more rounds.
SCALING_ROUNDS = 12
# Side of a window, and of the image that it is compared with.
WINDOW = 512
SIDE = 16384


def two_cores(examples, data, made):
    """One thread's time on the processor beside the wall clock with two, on a single tile and on 64."""
    print(f"\ntwo cores\n{'':<22}{'one':>10}{'two':>10}{'ratio':>8}  lowest..highest")
    tiles = made / "tiles.j2c"
    examples.run("enlarge", data / "bench" / "RG2.j2c", 4096, 4096, tiles, "--tile", 512)
    rows = []
    for path in [data / "bench" / "MG1.j2c", tiles]:
        one, two = [], []
        for _ in range(SCALING_ROUNDS):
            one.append(examples.ms(path))
            two.append(examples.ms(path, threads=2))
        rows.append({"file": path.name, **line(path.name, one, two)})
    return rows


def window(examples, data, made):
    """A window of a great image beside an image of its size: across code-blocks, along their edges, and in a stream whose packet
    headers have all to be read."""
    print(f"\nwindow of {SIDE}x{SIDE}\n{'':<22}{'window':>10}{'image':>10}{'ratio':>8}  lowest..highest")
    source = data / "bench" / "RG2.j2c"
    small, large, plain = (made / name for name in ("small.j2c", "large.j2c", "plain.j2c"))
    examples.run("enlarge", source, WINDOW, WINDOW, small)
    examples.run("enlarge", source, SIDE, SIDE, large)
    plain.write_bytes(imagecodecs.htj2k_encode(imagecodecs.htj2k_decode(large.read_bytes()), reversible=True))
    rows = []
    for name, path, corner in [("across blocks", large, 8000), ("along blocks", large, 8192), ("all headers", plain, 8000)]:
        region = f"{corner},{corner},{WINDOW},{WINDOW}"
        first = examples.time(path, "--region", region, seconds=0)
        part, image = [], []
        for _ in range(ROUNDS):
            part.append(examples.ms(path, "--region", region))
            image.append(examples.ms(small))
        work = {"blocks": first["blocks"], "coded_bytes": first["coded_bytes"], "of_bytes": first["bytes"]}
        rows.append({"window": name, **line(name, part, image), **work})
        print(f"{'':<22}{first['blocks']} code-blocks, {first['coded_bytes']} of {first['bytes']} bytes", flush=True)
    for path in (small, large, plain):
        path.unlink()
    return rows


def line(name, first, second):
    """Prints how often the second fits in the first, and gives it for the report."""
    ratio = summary([a / b for a, b in zip(first, second)])
    times = [summary(first), summary(second)]
    spread = f"{ratio['lowest']:.2f}..{ratio['highest']:.2f}"
    print(f"{name:<22}{times[0]['median']:>10.3f}{times[1]['median']:>10.3f}{ratio['median']:>8.2f}  {spread}", flush=True)
    return {"ms": times, "ratio": ratio}

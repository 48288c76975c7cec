"""Decodes what our encoder wrote with OpenJPH and OpenJPEG and compares every sample.

usage: encoded.py FOLDER

FOLDER holds list.jsonl with a line for each image: n, shape (rows, columns, components), bits, type, and, where OpenJPH can be
asked for the same parameters, [levels, colour transform]; n.j2c is the codestream, n.raw its samples.
The last line of the output sums up: images, differences, and our size as a part of OpenJPH's.
"""

import json
import pathlib
import sys

import imagecodecs
import numpy


def openjph(code):
    return imagecodecs.htj2k_decode(code, planar=False)


def main(folder):
    different, ours, theirs, count = 0, 0, 0, 0
    for line in (folder / "list.jsonl").read_text().splitlines():
        case = json.loads(line)
        code = (folder / f"{case['n']}.j2c").read_bytes()
        image = numpy.fromfile(folder / f"{case['n']}.raw", case["type"]).reshape(case["shape"])
        count += 1
        for name, decode in [("OpenJPH", openjph), ("OpenJPEG", imagecodecs.jpeg2k_decode)]:
            try:
                decoded = decode(code)
            except Exception as error:  # whatever a decoder throws is a finding
                print(f"{case}: {name}: {error}")
                different += 1
                continue
            if not numpy.array_equal(decoded.astype(numpy.int64).reshape(image.shape), image.astype(numpy.int64)):
                print(f"{case}: {name}: other samples")
                different += 1
        if case["same"]:
            levels, transform = case["same"]
            other = imagecodecs.htj2k_encode(
                numpy.ascontiguousarray(image.squeeze(2) if image.shape[2] == 1 else image),
                resolutions=levels,
                reversible=True,
                rgb=transform,
            )
            ours += len(code)
            theirs += len(other)
    print(f"{count} images, {different} different, {ours} bytes where OpenJPH has {theirs}: {ours / max(theirs, 1):.4f}")


main(pathlib.Path(sys.argv[1]))

"""Classic JPEG 2000 beside the OpenJPEG inside imagecodecs, on one core."""

import imagecodecs
import pydicom
from pydicom.encaps import generate_frames

from turns import compare, row, title

# Codestreams of the test data, and objects of which the first frame is taken.
FILES = {
    "CT1, lossless": "bench/CT1_p1.j2k",
    "RG2, lossless": "wg04/dicom/RG2_J2KR.dcm",
    "VL1, lossless": "wg04/dicom/VL1_J2KR.dcm",
    "TILE, lossless": "bench/TILE_p1.j2k",
    "MG1, 9/7": "wg04/dicom/MG1_J2KI.dcm",
    "RG2, 9/7": "wg04/dicom/RG2_J2KI.dcm",
}


def codestream(path, made):
    """The path of a codestream: the file, or one that is made of the first frame of an object."""
    if path.suffix != ".dcm":
        return path
    out = made / f"{path.stem}.j2k"
    out.write_bytes(next(generate_frames(pydicom.dcmread(path).PixelData, number_of_frames=1)))
    return out


def classic(examples, data, made):
    """Measures and prints all files."""
    title("classic JPEG 2000", "OpenJPEG")
    rows = []
    for name, place in FILES.items():
        path = codestream(data / place, made)
        coded = path.read_bytes()
        out = imagecodecs.jpeg2k_decode(coded, numthreads=1)
        result = compare(
            {"best": lambda path=path: examples.ms(path)},
            lambda coded=coded, out=out: imagecodecs.jpeg2k_decode(coded, numthreads=1, out=out),
        )
        rows.append({"file": name, **result})
        row(name, result, "best")
    return rows

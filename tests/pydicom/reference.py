"""What pydicom reads from the test data, as JSON lines for tests/tests/whole/pydicom.rs.

Usage: reference.py DATA_FOLDER [NAME...]
       reference.py DATA_FOLDER --values NAME      the first frame's values as one JSON list

One line a frame: {"file", "frame", "shape", "type", "sha256", "photometric"}, or {"file", "error"} for a file that pydicom does
not decode. Values are what is stored: no colour conversion, no modality or VOI transform. Before hashing they are written
row by row, the samples of a pixel side by side, little endian, in the narrowest of u8, u16, u32 that holds them, or of i8,
i16, i32 where one is negative; floats and doubles as they are. So the hash depends on the values and on nothing else.
"""

import hashlib
import json
import sys
import warnings
from pathlib import Path

import numpy as np
import pydicom
from pydicom.pixels import pixel_array

FOLDERS = ("dicom", "wg04/dicom", "slide", "malformed/dicom")
PIXELS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")


def narrow(values):
    """The array in the narrowest type that holds its values."""
    if values.dtype.kind == "f":
        return values.astype(values.dtype.newbyteorder("<"))
    low, high = int(values.min()), int(values.max())
    names = ("<i1", "<i2", "<i4") if low < 0 else ("<u1", "<u2", "<u4")
    for name in names:
        limits = np.iinfo(name)
        if limits.min <= low and high <= limits.max:
            return values.astype(name)
    raise ValueError(f"{low}..{high} does not fit 32 bits")


def frames(dataset):
    """Every frame as rows x columns x samples."""
    samples = dataset.get("SamplesPerPixel", 1)
    whole = pixel_array(dataset, raw=True) if "PixelData" in dataset else dataset.pixel_array
    count = int(dataset.get("NumberOfFrames", 1) or 1)
    return whole.reshape(count, dataset.Rows, dataset.Columns, samples)


def mask(values, dataset):
    """Bits Stored of each cell; pydicom leaves what else is in it."""
    if values.dtype.kind == "f" or dataset.file_meta.TransferSyntaxUID.is_encapsulated:
        return values
    stored, high = dataset.BitsStored, dataset.HighBit
    width = 8 * values.dtype.itemsize
    if stored >= width:
        return values
    up = values.astype(np.int64) << (63 - high)
    if dataset.PixelRepresentation:
        return up >> (64 - stored)
    return (up.view(np.uint64) >> np.uint64(64 - stored)).astype(np.int64)


def describe(path, name):
    """The lines of one file."""
    try:
        dataset = pydicom.dcmread(path, force=True)
        if not any(key in dataset for key in PIXELS):
            return []
        if "TransferSyntaxUID" not in dataset.file_meta:
            # A data set without meta information: what pydicom found while reading it.
            implicit, little = dataset.original_encoding
            uid = pydicom.uid.ImplicitVRLittleEndian if implicit else pydicom.uid.ExplicitVRLittleEndian
            dataset.file_meta.TransferSyntaxUID = uid if little else pydicom.uid.ExplicitVRBigEndian
        lines = []
        for index, frame in enumerate(frames(dataset)):
            values = narrow(mask(frame, dataset))
            lines.append(
                {
                    "file": name,
                    "frame": index,
                    "shape": list(frame.shape),
                    "type": values.dtype.str,
                    "sha256": hashlib.sha256(values.tobytes()).hexdigest(),
                    "photometric": dataset.get("PhotometricInterpretation", ""),
                }
            )
        return lines
    except Exception as error:  # whatever it is, it is the outcome that is compared
        return [{"file": name, "error": f"{type(error).__name__}: {error}".splitlines()[0][:200]}]


def main():
    warnings.simplefilter("ignore")
    root = Path(sys.argv[1])
    names = sys.argv[2:]
    if names[:1] == ["--values"]:
        dataset = pydicom.dcmread(root / names[1])
        print(json.dumps(mask(frames(dataset)[0], dataset).ravel().tolist()))
        return
    if not names:
        for folder in FOLDERS:
            names += [str(p.relative_to(root)) for p in sorted((root / folder).rglob("*")) if p.is_file()]
    for name in names:
        if Path(name).suffix in (".md", ".txt", ".jpg", ".svs", ".csv"):
            continue
        for line in describe(root / name, name):
            print(json.dumps(line))


if __name__ == "__main__":
    main()

"""Grey values that pydicom computes in f64, for tests/tests/whole/snapshots.rs.

Usage: grey.py DATA_FOLDER OUTPUT_FOLDER

For every single-frame grey image of the test data that has a window or a VOI LUT: modality transform, then the VOI transform that
PS3.3 C.11.2 puts first (the LUT before the window), brought to 0..255, MONOCHROME1 inverted, padding black. One JSON line a file:
{"file", "rows", "columns", "grey", "how"}; "grey" names a file of little-endian f32, NaN where there is nothing to compare with.
"""

import json
import sys
import warnings
from pathlib import Path

import numpy as np
import pydicom
from pydicom.pixels import apply_modality_lut, apply_voi_lut, apply_windowing

FOLDERS = ("dicom", "wg04/dicom", "series/ct-chest-lidc-0314", "series/mr-head-mprage-sag", "series/pet-wholebody-qin")
# Of a series a few images stand for all.
OF_EACH_FOLDER = 3
# The inverse DCT may be rounded in more than one way (ITU-T T.83); what differs then is the decoder and not the display.
LOSSY_DCT = ("1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51")

# The standard leaves the rounding of the irreversible wavelet open: decoders differ by one, which is seen only beside padding.
LOSSY_WAVELET = ("1.2.840.10008.1.2.4.91", "1.2.840.10008.1.2.4.203")


def first(value):
    """The first of one or more values."""
    return value[0] if isinstance(value, pydicom.multival.MultiValue) else value


def voi(values, dataset):
    """Display values 0..1 and how they came about; None where the header gives no transform."""
    if "VOILUTSequence" in dataset and dataset.VOILUTSequence:
        item = dataset.VOILUTSequence[0]
        bits = item.LUTDescriptor[2]
        return apply_voi_lut(values, dataset, index=0) / (2**bits - 1), "LUT"
    if dataset.get("WindowCenter") is None or dataset.get("WindowWidth") is None:
        return None
    function = str(dataset.get("VOILUTFunction", "") or "LINEAR")
    if float(first(dataset.WindowWidth)) < 1:
        return None
    # What the window gives far outside is its black and its white.
    black, white = apply_windowing(np.array([-1e12, 1e12]), dataset, index=0)
    return (apply_windowing(values, dataset, index=0) - black) / (white - black), f"window {function}"


def padded(stored, dataset):
    """Where a pixel is padding (PS3.3 C.7.5.1.1.2)."""
    if "PixelPaddingValue" not in dataset:
        return np.zeros(stored.shape, bool)
    ends = [dataset.PixelPaddingValue, dataset.get("PixelPaddingRangeLimit", dataset.PixelPaddingValue)]
    if not all(isinstance(end, int) for end in ends):
        return np.zeros(stored.shape, bool)
    return (stored >= min(ends)) & (stored <= max(ends))


def square(dataset):
    """Whether pixels are square: others are drawn at another size."""
    for key in ("PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing", "PixelAspectRatio"):
        if dataset.get(key) and float(dataset[key].value[0]) != float(dataset[key].value[1]):
            return False
    return True


def grey(dataset):
    """Grey levels 0..255 in f64 and how, or None for an image that this reference does not cover."""
    if dataset.get("SamplesPerPixel") != 1 or int(dataset.get("NumberOfFrames", 1) or 1) != 1:
        return None
    if dataset.get("PhotometricInterpretation") not in ("MONOCHROME1", "MONOCHROME2") or "PixelData" not in dataset:
        return None
    # Bits drawn over the picture, shutters and inner transforms are compared elsewhere.
    if not square(dataset) or "ShutterShape" in dataset or "PresentationLUTShape" in dataset:
        return None
    if any(element.tag.group & 0xFF01 == 0x6000 for element in dataset):
        return None
    if dataset.file_meta.TransferSyntaxUID in LOSSY_DCT:
        return None
    stored = dataset.pixel_array
    shown = voi(apply_modality_lut(stored, dataset), dataset)
    if shown is None:
        return None
    values, how = np.clip(shown[0], 0, 1), shown[1]
    if dataset.PhotometricInterpretation == "MONOCHROME1":
        values, how = 1 - values, how + " MONOCHROME1"
    if "ModalityLUTSequence" in dataset:
        how += " modality LUT"
    padding = padded(stored, dataset)
    if padding.any():
        how += " padding"
    shown = np.where(padding, 0, values * 255)
    if dataset.file_meta.TransferSyntaxUID in LOSSY_WAVELET:
        wide = stored.astype(np.int64)
        open_to_rounding = (padded(wide - 1, dataset) != padding) | (padded(wide + 1, dataset) != padding)
        shown[open_to_rounding] = np.nan
    return shown, how


def main():
    warnings.simplefilter("ignore")
    base, out = Path(sys.argv[1]), Path(sys.argv[2])
    count = 0
    for folder in FOLDERS:
        of_folder = {}
        for path in sorted((base / folder).rglob("*")):
            if not path.is_file() or path.suffix in (".md", ".txt", ".csv"):
                continue
            if folder.startswith("series") and of_folder.get(path.parent, 0) >= OF_EACH_FOLDER:
                continue
            try:
                result = grey(pydicom.dcmread(path))
            except Exception as error:  # what pydicom cannot read is no reference
                print(f"{path.name}: {error}", file=sys.stderr)
                continue
            if result is None:
                continue
            of_folder[path.parent] = of_folder.get(path.parent, 0) + 1
            values, how = result
            name = out / f"{count}.f32"
            values.astype("<f4").tofile(name)
            rows, columns = values.shape
            line = {"file": str(path.relative_to(base)), "rows": rows, "columns": columns, "grey": str(name), "how": how}
            print(json.dumps(line))
            count += 1


if __name__ == "__main__":
    main()

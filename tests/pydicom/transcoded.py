"""Compares DICOM files with what `lightbox transcode` made of them.

Usage: transcoded.py IN OUT

Every object in OUT is compared with the one of the same name below IN: each element, nested ones included, but for those that
say how pixels are encoded, and each stored value of each frame. Prints a line for each difference and, last, how many objects
are equal, different, and not readable by pydicom in IN.
"""

import sys
import warnings
from pathlib import Path

import numpy as np
import pydicom
import pydicom.config
from pydicom.pixels import pixel_array

from reference import mask

# What says how pixels are encoded.
ENCODING = {0x00280004, 0x00280006, 0x00280102, 0x7FE00001, 0x7FE00002, 0x7FE00003, 0x7FE00010}
LOSSY = 0x00282110
# Lossy codings whose standards bound the error of a decoder and do not fix its result: 12-bit DCT, the 9/7 wavelet.
OPEN_TO_ROUNDING = {"1.2.840.10008.1.2.4.51", "1.2.840.10008.1.2.4.91", "1.2.840.10008.1.2.4.203"}


def plain(element):
    """Tag, VR and value as they compare."""
    if element.VR == "SQ":
        return (int(element.tag), "SQ", [[plain(e) for e in item] for item in element.value])
    # What is unknown in implicit VR stays unknown; US and SS, OB and OW are told apart by what pydicom makes of them.
    return (int(element.tag), str(element.value))


def elements(dataset):
    return [plain(e) for e in dataset if int(e.tag) not in ENCODING and e.tag.element != 0]


def pixels(path, dataset):
    """Every stored value; RGB where a colour transform was undone."""
    return mask(np.asarray(pixel_array(path, raw=True)), dataset).astype(np.int64)


def differences(before, after):
    """What differs, as text; None where pydicom cannot read the original."""
    try:
        one = pydicom.dcmread(before, force=True)
        # The bytes of an unknown VR stay as they are, whatever order they are in; as numbers they would not compare.
        pydicom.config.replace_un_with_known_vr = one.original_encoding[1]
        ours = elements(one)
    except Exception:
        return None
    # Objects that are copied may lack the preamble as their originals do.
    two = pydicom.dcmread(after, force=True)
    theirs = elements(two)
    if two.get("LossyImageCompression") == "01" and one.get("LossyImageCompression") != "01":
        # Only the transfer syntax told it before.
        theirs = [e for e in theirs if e[0] != LOSSY]
        ours = [e for e in ours if e[0] != LOSSY]
    found = [f"{a} became {b}" for a, b in zip(ours, theirs) if a != b][:3]
    if len(ours) != len(theirs):
        found.append(f"{len(ours)} elements became {len(theirs)}")
    if "PixelData" not in one:
        return found
    try:
        was = pixels(before, one)
    except Exception:
        return found or None
    apart = int(np.abs(was - pixels(after, two)).max())
    if apart > (1 if one.file_meta.TransferSyntaxUID in OPEN_TO_ROUNDING else 0):
        found.append(f"pixels differ by {apart}")
    return found


def main(source, target):
    equal, different, unread = 0, 0, 0
    for after in sorted(p for p in target.rglob("*") if p.is_file()):
        name = after.relative_to(target)
        found = differences(source / name, after)
        if found is None:
            unread += 1
        elif found:
            different += 1
            print(f"{name}: {'; '.join(found)[:600]}")
        else:
            equal += 1
    print(f"{equal} equal, {different} different, {unread} that pydicom does not read")


warnings.simplefilter("ignore")
main(Path(sys.argv[1]), Path(sys.argv[2]))

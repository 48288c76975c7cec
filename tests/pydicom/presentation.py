"""Grayscale Softcopy Presentation States for real images, and what they make of them in f64: for tests/tests/whole/presentation.rs.

Usage: presentation.py DATA_FOLDER OUTPUT_FOLDER

For every case a folder with one image of the test data and one state about it. The state is written with pydicom from the same numbers
that the reference computes with (PS3.4 N.2.1): modality, VOI and presentation transform, displayed area, rotation, flip. One JSON
line a case: {"folder", "image", "state", "frame", "rows", "columns", "grey", "how", "not_shown"}.
"""

import json
import shutil
import sys
import warnings
from pathlib import Path

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian, generate_uid

from grey import padded

GRAYSCALE = "1.2.840.10008.5.1.4.1.1.11.1"


def lut_item(first, bits, entries, vr="US"):
    item = Dataset()
    item.add_new(0x00283002, vr, [len(entries) % 65536, first, bits])
    item.add_new(0x00283006, "OW", np.asarray(entries, "<u2").tobytes())
    return item


def lookup(values, first, entries):
    index = np.floor(values + 0.5).astype(np.int64) - first
    return np.asarray(entries)[np.clip(index, 0, len(entries) - 1)].astype(np.float64)


def window(values, centre, width, function):
    if function == "LINEAR":
        shown = (values - (centre - 0.5)) / (width - 1) + 0.5
    elif function == "LINEAR_EXACT":
        shown = (values - centre) / width + 0.5
    else:
        shown = 1 / (1 + np.exp(-4 * (values - centre) / width))
    return np.clip(shown, 0, 1)


def reference(image, frames=None):
    item = Dataset()
    item.ReferencedSOPClassUID = image.get("SOPClassUID", "1.2.840.10008.5.1.4.1.1.7")
    item.ReferencedSOPInstanceUID = image.SOPInstanceUID
    if frames:
        item.ReferencedFrameNumber = frames
    return item


class State:
    """A state in the making, and what it computes."""

    def __init__(self, image, frames=None):
        self.image, self.frames = image, frames
        ds = self.ds = Dataset()
        ds.SOPClassUID, ds.SOPInstanceUID = GRAYSCALE, generate_uid()
        for keyword in ("PatientID", "StudyInstanceUID", "StudyDate"):
            setattr(ds, keyword, image.get(keyword, ""))
        ds.PatientName = "Test^State"
        ds.SeriesInstanceUID, ds.Modality, ds.InstanceNumber = generate_uid(), "PR", 1
        series = Dataset()
        series.SeriesInstanceUID = image.get("SeriesInstanceUID", "") or generate_uid()
        series.ReferencedImageSequence = [reference(image, frames)]
        ds.ReferencedSeriesSequence = [series]
        ds.ContentLabel, ds.ContentDescription = "TEST", "a state to test with"
        ds.PresentationCreationDate, ds.PresentationCreationTime = "20240312", "140500"
        ds.PresentationLUTShape = "IDENTITY"
        bits, signed = image.BitsStored, image.PixelRepresentation
        self.ends = np.array([-(2 ** (bits - 1)), 2 ** (bits - 1) - 1] if signed else [0, 2**bits - 1], np.float64)
        self.modality = self.shape = self.voi = lambda values: values
        self.turns, self.flip = 0, False
        self.not_shown = ""
        self.area(1, 1, image.Columns, image.Rows)

    def rescale(self, slope, intercept):
        self.ds.RescaleSlope, self.ds.RescaleIntercept, self.ds.RescaleType = slope, intercept, "US"
        self.modality = lambda values: values * slope + intercept
        return self

    def modality_lut(self, first, bits, entries, vr="US"):
        item = lut_item(first, bits, entries, vr)
        item.ModalityLUTType = "US"
        self.ds.ModalityLUTSequence = [item]
        self.modality = lambda values: lookup(values, first, entries)
        self.ends = None
        self.full = float(2**bits - 1)
        return self

    def window(self, centre, width, function="LINEAR", frames=None):
        item = Dataset()
        item.WindowCenter, item.WindowWidth = centre, width
        if function != "LINEAR":
            item.VOILUTFunction = function
        if frames:
            item.ReferencedImageSequence = [reference(self.image, frames)]
        self.ds.setdefault("SoftcopyVOILUTSequence", pydicom.Sequence())
        self.ds.SoftcopyVOILUTSequence.append(item)
        self.voi = lambda values: window(values, centre, width, function)
        return self

    def voi_lut(self, first, bits, entries, vr="US"):
        item = Dataset()
        item.VOILUTSequence = [lut_item(first, bits, entries, vr)]
        self.ds.SoftcopyVOILUTSequence = [item]
        self.voi = lambda values: lookup(values, first, entries) / (2**bits - 1)
        return self

    def identity(self):
        """No VOI: the whole range of modality values onto the whole range of display values."""
        low, high = (0, self.full) if self.ends is None else sorted(self.modality(self.ends))
        self.voi = lambda values: np.clip((values - low) / (high - low), 0, 1)
        return self

    def inverse(self):
        self.ds.PresentationLUTShape = "INVERSE"
        self.shape = lambda shown: 1 - shown
        return self

    def presentation_lut(self, bits, entries):
        del self.ds.PresentationLUTShape
        self.ds.PresentationLUTSequence = [lut_item(0, bits, entries)]
        table = np.asarray(entries) / (2**bits - 1)
        self.shape = lambda shown: table[np.rint(shown * (len(table) - 1)).astype(int)]
        return self

    def spatial(self, degrees, flip):
        self.ds.ImageRotation, self.ds.ImageHorizontalFlip = degrees, "Y" if flip else "N"
        self.turns, self.flip = degrees // 90, flip
        return self

    def area(self, left, top, right, bottom, swapped=False):
        """Pixels from 1, inclusive, of the image before it is turned; corners are named after the turn."""
        item = Dataset()
        corners = ([right, bottom], [left, top]) if swapped else ([left, top], [right, bottom])
        item.DisplayedAreaTopLeftHandCorner, item.DisplayedAreaBottomRightHandCorner = corners
        item.PresentationSizeMode, item.PresentationPixelAspectRatio = "SCALE TO FIT", [1, 1]
        self.ds.DisplayedAreaSelectionSequence = [item]
        self.crop = (slice(top - 1, bottom), slice(left - 1, right))
        return self

    def annotated(self):
        item, text, line = Dataset(), Dataset(), Dataset()
        text.UnformattedTextValue, text.AnchorPoint, text.AnchorPointVisibility = "here", [3.0, 4.0], "Y"
        text.AnchorPointAnnotationUnits = "PIXEL"
        line.GraphicAnnotationUnits, line.GraphicDimensions, line.NumberOfGraphicPoints = "PIXEL", 2, 2
        line.GraphicData, line.GraphicType, line.GraphicFilled = [1.0, 1.0, 9.0, 9.0], "POLYLINE", "N"
        item.GraphicLayer, item.TextObjectSequence, item.GraphicObjectSequence = "LAYER1", [text], [line, line]
        self.ds.GraphicAnnotationSequence = [item]
        self.not_shown = "3 annotations"
        return self

    def expected(self, frame):
        stored = self.image.pixel_array
        stored = stored[frame] if stored.ndim == 3 else stored
        shown = self.shape(self.voi(self.modality(stored.astype(np.float64))))
        shown = np.where(padded(stored, self.image), 0, shown * 255)[self.crop]
        shown = np.rot90(shown, -self.turns)
        return np.fliplr(shown) if self.flip else shown

    def write(self, path, syntax):
        meta = FileMetaDataset()
        meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = GRAYSCALE, self.ds.SOPInstanceUID
        meta.TransferSyntaxUID = syntax
        out = FileDataset(str(path), self.ds, file_meta=meta, preamble=b"\0" * 128)
        out.save_as(path, enforce_file_format=True)


def cases(data):
    """Name, path of the image, frame, state, transfer syntax of the state."""

    def image(name):
        dataset = pydicom.dcmread(data / name, force=True)
        if "TransferSyntaxUID" not in dataset.file_meta:
            dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
        return dataset

    explicit, implicit = ExplicitVRLittleEndian, ImplicitVRLittleEndian
    chest, head = "series/ct-chest-lidc-0314/0138.dcm", "series/mr-head-mprage-sag/0162.dcm"
    small, mono1 = "dicom/pydicom-core/CT_small.dcm", "dicom/luts-palettes-overlays/CR-MONO1-10-chest.dcm"
    table, frames = "dicom/luts-palettes-overlays/mlut_18.dcm", "dicom/multiframe/6_1.dcm"
    curve = (np.linspace(0, 1, 2000) ** 1.7 * 4095).astype(int)
    ct = lambda: State(image(chest))
    yield "window", chest, 0, ct().rescale(1, -1000).window(-500, 1500).annotated(), explicit
    yield "exact window, inverse", chest, 0, ct().rescale(1, -1000).window(40, 400, "LINEAR_EXACT").inverse(), implicit
    yield "sigmoid without rescale", chest, 0, ct().window(1040, 400, "SIGMOID"), explicit
    yield "identity", chest, 0, ct().rescale(1, -1024).identity(), explicit
    yield "presentation LUT", chest, 0, ct().rescale(1, -1024).window(40, 400).presentation_lut(12, curve[::-1]), explicit
    yield "area", chest, 0, ct().rescale(1, -1000).window(-500, 1500).area(101, 51, 400, 350), explicit
    turned = lambda degrees, flip: State(image(head)).window(400, 800).spatial(degrees, flip)
    for degrees in (0, 90, 180, 270):
        yield f"turned by {degrees}", head, 0, turned(degrees, False), explicit
        yield f"turned by {degrees} and flipped", head, 0, turned(degrees, True), explicit
    yield "area, turned and flipped", head, 0, turned(90, True).area(21, 31, 200, 130, swapped=True), implicit
    yield "VOI LUT with padding", small, 0, State(image(small)).rescale(1, -1024).voi_lut(-900, 12, curve, "SS").inverse(), explicit
    yield "modality LUT", small, 0, State(image(small)).modality_lut(-100, 12, curve, "SS").window(2000, 4000), explicit
    yield "modality LUT alone", small, 0, State(image(small)).modality_lut(-100, 12, curve, "SS").identity(), explicit
    yield "MONOCHROME1 as it is", mono1, 0, State(image(mono1)).window(500, 900), explicit
    yield "MONOCHROME1 inverse", mono1, 0, State(image(mono1)).window(500, 900).inverse(), explicit
    yield "instead of the image's table", table, 0, State(image(table)).window(0, 2000), explicit
    of_frame = State(image(frames), [2, 3]).window(50, 80, frames=[2]).window(100, 300, frames=[3])
    yield "window of a frame", frames, 2, of_frame, explicit


def main():
    warnings.simplefilter("ignore")
    data, out = Path(sys.argv[1]), Path(sys.argv[2])
    for number, (how, name, frame, state, syntax) in enumerate(cases(data)):
        folder = out / f"case {number}"
        folder.mkdir()
        shutil.copyfile(data / name, folder / "image.dcm")
        state.write(folder / "state.dcm", syntax)
        values = state.expected(frame)
        values.astype("<f4").tofile(out / f"{number}.f32")
        rows, columns = values.shape
        line = {"folder": str(folder), "frame": frame, "not_shown": state.not_shown}
        line |= {"file": name, "rows": rows, "columns": columns, "grey": str(out / f"{number}.f32"), "how": how}
        print(json.dumps(line))


main()

"""Pictures with ICC profiles, and what Little CMS shows of them in sRGB.

usage: icc.py DATA OUT: writes OUT/NAME.dcm and OUT/NAME.rgb (8 bits, interleaved) and prints a JSON line for each. Pixels and one profile
are those of real slides; the other profile is a wide-gamut matrix profile made here from its primaries, as cameras have them.
"""

import io
import json
import pathlib
import struct
import sys

import numpy as np
import pydicom
from PIL import Image, ImageCms
from pydicom.dataset import Dataset
from pydicom.pixels import convert_color_space
from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage, generate_uid


def matrix_profile():
    """Primaries of Adobe RGB (1998) adapted to D50, gamma 2.2 (563/256)."""

    def xyz(*values):
        return b"XYZ \0\0\0\0" + b"".join(struct.pack(">i", round(v * 65536)) for v in values)

    name = b"Wide gamut\0"
    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, 563) + b"\0\0"
    tags = {
        b"desc": b"desc\0\0\0\0" + struct.pack(">I", len(name)) + name + bytes(4 + 4 + 2 + 1 + 67),
        b"cprt": b"text\0\0\0\0none\0",
        b"wtpt": xyz(0.9642, 1.0, 0.8249),
        b"rXYZ": xyz(0.60974, 0.31111, 0.01947),
        b"gXYZ": xyz(0.20528, 0.62567, 0.06087),
        b"bXYZ": xyz(0.14919, 0.06322, 0.74457),
        b"rTRC": curve,
        b"gTRC": curve,
        b"bTRC": curve,
    }
    table, data = struct.pack(">I", len(tags)), b""
    for tag, body in tags.items():
        table += tag + struct.pack(">II", 132 + 12 * len(tags) + len(data), len(body))
        data += body + bytes(-len(body) % 4)
    header = struct.pack(">I4sI4s4s4s12s4s", 132 + 12 * len(tags) + len(data), bytes(4), 0x02100000, b"scnr", b"RGB ", b"XYZ ", bytes(12), b"acsp")
    header += bytes(24) + struct.pack(">Iiii", 1, 63190, 65536, 54061)
    return header.ljust(128, b"\0") + table + data


def write(path, rgb, photometric, profile, optical):
    dataset = Dataset()
    dataset.SOPClassUID, dataset.SOPInstanceUID = SecondaryCaptureImageStorage, generate_uid()
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = generate_uid(), generate_uid()
    dataset.Modality, dataset.PatientID, dataset.InstanceNumber = "SM", "ICC", 1
    dataset.Rows, dataset.Columns = rgb.shape[:2]
    dataset.SamplesPerPixel, dataset.PlanarConfiguration, dataset.PhotometricInterpretation = 3, 0, photometric
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 8, 8, 7, 0
    stored = rgb if photometric == "RGB" else convert_color_space(rgb, "RGB", photometric)
    dataset.PixelData = stored.tobytes() + bytes(stored.size % 2)
    profile += bytes(len(profile) % 2)
    if optical:
        dataset.OpticalPathSequence = [Dataset()]
        dataset.OpticalPathSequence[0].ICCProfile = profile
    else:
        dataset.ICCProfile = profile
    dataset.file_meta = pydicom.dataset.FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.save_as(path, enforce_file_format=True)
    return stored if photometric == "RGB" else convert_color_space(stored, photometric, "RGB")


def main(data, out):
    slides = data / "slide/dicom-wsi-synthetic-highdicom"
    rgb = pydicom.dcmread(slides / "sm_image.dcm").pixel_array
    rgb = np.ascontiguousarray(rgb.reshape(-1, rgb.shape[2], 3))
    ramp = np.stack(np.meshgrid(*[np.arange(0, 256, 17)] * 3, indexing="ij"), -1).reshape(-1, 256, 3)
    ramp = np.vstack([ramp, np.repeat(np.arange(256)[None, :, None], 3, 2)]).astype(np.uint8)
    tables = pydicom.dcmread(slides / "seg_image_sm_control_labelmap_palette_color.dcm").ICCProfile
    wide = matrix_profile()
    for name, pixels, photometric, profile, optical in [
        ("matrix-slide", rgb, "RGB", wide, True),
        ("matrix-colours", ramp, "RGB", wide, False),
        ("matrix-luma-chroma", rgb, "YBR_FULL", wide, True),
        ("tables-slide", rgb, "RGB", tables, False),
        ("tables-colours", ramp, "RGB", tables, True),
    ]:
        seen = write(out / f"{name}.dcm", pixels, photometric, profile, optical)
        opened = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        transform = ImageCms.buildTransform(
            opened, ImageCms.createProfile("sRGB"), "RGB", "RGB", opened.profile.rendering_intent, ImageCms.Flags.NOOPTIMIZE
        )
        shown = np.asarray(ImageCms.applyTransform(Image.fromarray(np.ascontiguousarray(seen)), transform))
        shown.tofile(out / f"{name}.rgb")
        rows, columns = shown.shape[:2]
        print(json.dumps({"name": name, "rows": rows, "columns": columns, "moved": int(np.abs(shown.astype(int) - seen).max())}))


main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))

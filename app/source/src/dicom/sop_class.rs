//! What an object is, by its SOP class (PS3.4 annex B.5), in words for people.

/// SOP Class UID of a DICOMDIR.
pub(crate) const MEDIA_STORAGE_DIRECTORY: &str = "1.2.840.10008.1.3.10";

const STORAGE: &str = "1.2.840.10008.5.1.4.1.1.";

/// The name of an object that is no picture of its own; `None` for images and for classes not listed.
/// Segmentations have pixels, but they are shown upon another picture.
pub(crate) fn name_of_other(uid: &str) -> Option<&'static str> {
    if uid == MEDIA_STORAGE_DIRECTORY {
        return Some("DICOM directory");
    }
    let number = uid.strip_prefix(STORAGE).or_else(|| uid.strip_prefix("1.2.840.10008.5.1.4."))?;
    Some(match number {
        "66" => "Raw data",
        "66.1" | "66.2" => "Spatial registration",
        "66.3" => "Deformable registration",
        "66.4" | "66.7" => "Segmentation",
        "66.5" => "Surface segmentation",
        "66.6" => "Tractography",
        "67" => "Real world value mapping",
        "68.1" | "68.2" => "Surface scan",
        "91.1" => "Slide annotations",
        "104.1" => "PDF document",
        "104.2" => "CDA document",
        "104.3" | "104.4" | "104.5" => "3D model",
        "9.1" | "29" => "Waveform",
        "481.3" => "RT structure set",
        "481.4" | "481.6" | "481.7" | "481.9" => "RT treatment record",
        "481.5" => "RT plan",
        "481.8" => "RT ion plan",
        "481.10" | "481.11" | "481.12" | "481.13" | "481.14" | "481.15" | "481.16" | "481.17" | "481.18" => "RT object",
        "39.1" => "Color palette",
        "38.1" => "Hanging protocol",
        "129" | "130" => "Presentation state",
        "131" => "Structured display",
        "200.1" | "200.3" | "201.1" => "Protocol",
        _ if number.starts_with("88.") => "Structured report",
        _ if number.starts_with("9.") => "Waveform",
        _ if presentation_name(uid).is_some() => "Presentation state",
        _ if number.starts_with("78.") || number.starts_with("79.") || number.starts_with("80.") => "Measurements",
        _ if number.starts_with("12.77") => return None,
        _ => return None,
    })
}

/// What kind of presentation state it is (PS3.3 A.33); `None` for other objects.
pub(crate) fn presentation_name(uid: &str) -> Option<&'static str> {
    Some(match uid.strip_prefix(STORAGE)?.strip_prefix("11.")? {
        "1" => "Grayscale presentation state",
        "2" => "Color presentation state",
        "3" => "Pseudo-color presentation state",
        "4" | "8" => "Blending presentation state",
        "5" => "XA/XRF presentation state",
        "6" | "7" | "9" | "10" | "11" => "Volumetric presentation state",
        "12" => "Variable modality LUT presentation state",
        _ => "Presentation state",
    })
}

/// Secondary Capture and its multi-frame forms.
pub(crate) fn is_secondary_capture(uid: &str) -> bool {
    uid.strip_prefix(STORAGE).is_some_and(|n| n == "7" || n.starts_with("7."))
}

/// Projection radiography: millimetres are at the detector unless calibrated (PS3.3 10.7.1).
pub(crate) fn is_projection(uid: &str, modality: &str) -> bool {
    let by_class = uid
        .strip_prefix(STORAGE)
        .is_some_and(|n| n == "1" || n.starts_with("1.") || matches!(n, "12.1" | "12.1.1" | "12.2" | "12.2.1" | "12.3" | "481.1"));
    // Breast tomosynthesis and X-ray 3D are reconstructed in the patient.
    let reconstructed = uid.strip_prefix(STORAGE).is_some_and(|n| n.starts_with("13.1."));
    !reconstructed && (by_class || matches!(modality, "CR" | "DX" | "MG" | "IO" | "PX" | "XA" | "RF" | "RG" | "RTIMAGE"))
}

//! The metadata document of an image set: DICOM attributes by keyword, sorted into patient, study, series and instances.

use crate::corpus::{Frame, Instance};
use crate::server::DATASTORE;
use dicom_core::dictionary::{DataDictionary, DataDictionaryEntry};
use dicom_core::header::{HasLength, Header};
use dicom_core::{Tag, VR};
use dicom_dictionary_std::{StandardDataDictionary, tags};
use dicom_object::InMemDicomObject;
use dicom_object::mem::InMemElement;
use serde_json::{Map, Value, json};

/// Attributes of the patient; what is of the study and of the series follows. Everything else belongs to the instance.
const PATIENT: [Tag; 6] = [
    tags::PATIENT_NAME,
    tags::PATIENT_ID,
    tags::PATIENT_BIRTH_DATE,
    tags::PATIENT_SEX,
    tags::PATIENT_COMMENTS,
    tags::PATIENT_IDENTITY_REMOVED,
];
const STUDY: [Tag; 7] = [
    tags::STUDY_INSTANCE_UID,
    tags::STUDY_DATE,
    tags::STUDY_TIME,
    tags::STUDY_DESCRIPTION,
    tags::STUDY_ID,
    tags::ACCESSION_NUMBER,
    tags::REFERRING_PHYSICIAN_NAME,
];
const SERIES: [Tag; 8] = [
    tags::SERIES_INSTANCE_UID,
    tags::SERIES_NUMBER,
    tags::SERIES_DESCRIPTION,
    tags::SERIES_DATE,
    tags::SERIES_TIME,
    tags::MODALITY,
    tags::BODY_PART_EXAMINED,
    tags::PROTOCOL_NAME,
];

/// The document of one series. `instances` is not empty.
pub fn document(id: &str, instances: &[Instance]) -> Value {
    let of_first = |wanted: &[Tag]| match instances.first() {
        Some(first) => attributes(&first.object, |tag| wanted.contains(&tag)),
        None => Map::new(),
    };
    let key = |tag: Tag| instances.first().and_then(|first| crate::corpus::text(&first.object, tag)).unwrap_or_default();
    let listed: Map<String, Value> = instances.iter().map(instance).collect();
    json!({
        "SchemaVersion": "1.1",
        "DatastoreID": DATASTORE,
        "ImageSetID": id,
        "Patient": { "DICOM": of_first(&PATIENT) },
        "Study": {
            "DICOM": of_first(&STUDY),
            "Series": { key(tags::SERIES_INSTANCE_UID): { "DICOM": of_first(&SERIES), "Instances": listed } },
        },
    })
}

fn instance(instance: &Instance) -> (String, Value) {
    let object = &instance.object;
    let own = |tag: Tag| tag != tags::PIXEL_DATA && ![&PATIENT[..], &STUDY, &SERIES].concat().contains(&tag);
    let frames: Vec<Value> = instance.frames.iter().map(|(id, frame)| image_frame(id, frame)).collect();
    let private: Map<String, Value> = object
        .iter()
        .filter(|element| own(element.tag()) && keyword(element.tag()).is_none())
        .map(|element| (hexadecimal(element.tag()), json!(element.vr().to_string())))
        .collect();
    let lossy = instance.frames.iter().any(|(_, frame)| frame.lossy);
    let stored = object.meta().transfer_syntax().trim_end_matches('\0');
    let mut value = json!({
        "DICOM": attributes(object, own),
        "DICOMVRs": private,
        "StoredTransferSyntaxUID": stored,
        "ImageFrames": frames,
    });
    if !lossy {
        value["ChecksumType"] = json!("DECOMPRESSED");
    }
    (crate::corpus::text(object, tags::SOP_INSTANCE_UID).unwrap_or_default(), value)
}

fn image_frame(id: &str, frame: &Frame) -> Value {
    json!({
        "ID": id,
        "PixelDataChecksumFromBaseToFullResolution":
            [{ "Width": frame.size.0, "Height": frame.size.1, "Checksum": frame.checksum }],
        "MinPixelValue": frame.range.map(|(low, _)| low),
        "MaxPixelValue": frame.range.map(|(_, high)| high),
        "FrameSizeInBytes": frame.bytes.len(),
    })
}

/// The attributes that are `wanted`, by keyword, or by hexadecimal tag where the standard has none.
fn attributes(object: &InMemDicomObject, wanted: impl Fn(Tag) -> bool) -> Map<String, Value> {
    let entry = |element: &InMemElement| {
        let name = keyword(element.tag()).unwrap_or_else(|| hexadecimal(element.tag()));
        (name, value(element))
    };
    object.iter().filter(|element| wanted(element.tag())).map(entry).collect()
}

/// One value as the service writes it: numbers only for binary VRs, decimal and integer strings as strings with their padding, an
/// empty value as null, several values as an array, sequences as arrays of objects.
fn value(element: &InMemElement) -> Value {
    if let Some(items) = element.value().items() {
        return items.iter().map(|item| Value::Object(attributes(item, |_| true))).collect();
    }
    if element.is_empty() {
        return Value::Null;
    }
    let many = |values: Vec<Value>| match <[Value; 1]>::try_from(values) {
        Ok([one]) => one,
        Err(values) => Value::Array(values),
    };
    match element.vr() {
        VR::OB | VR::OW | VR::OD | VR::OF | VR::OL | VR::OV | VR::UN => {
            element.to_bytes().map_or(Value::Null, |b| json!(base64(&b)))
        }
        VR::US | VR::SS | VR::UL | VR::SL | VR::UV | VR::SV => {
            element.to_multi_int::<i64>().map_or(Value::Null, |numbers| many(numbers.into_iter().map(Value::from).collect()))
        }
        VR::FL | VR::FD => {
            element.to_multi_float64().map_or(Value::Null, |numbers| many(numbers.into_iter().map(Value::from).collect()))
        }
        VR::ST | VR::LT | VR::UT | VR::UR => element.to_str().map_or(Value::Null, |text| json!(text)),
        _ => match element.to_multi_str() {
            Ok(texts) => many(texts.iter().map(|text| json!(text.trim_end_matches('\0'))).collect()),
            Err(_) => Value::Null,
        },
    }
}

fn keyword(tag: Tag) -> Option<String> {
    StandardDataDictionary.by_tag(tag).map(|entry| entry.alias().to_owned()).filter(|alias| !alias.is_empty())
}

fn hexadecimal(tag: Tag) -> String {
    format!("{:04X}{:04X}", tag.group(), tag.element())
}

/// RFC 4648 section 4.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().fold(0u32, |sum, byte| sum << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for i in 0..4 {
            let digit = DIGITS[(group >> (18 - 6 * i) & 63) as usize];
            out.push(if i <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_pads_as_the_rfc_does() {
        let pairs = [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")];
        for (plain, encoded) in pairs {
            assert_eq!(base64(plain.as_bytes()), encoded);
        }
    }
}

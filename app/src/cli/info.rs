//! `lightbox info`: what a codestream or DICOM file is.

use super::args;
use super::failure::{Failure, Outcome};
use super::input::{self, Input, Object};
use super::say;
use lightbox_codec::plan::DecodePlan;
use lightbox_codec::{BlockCoding, ByteSource, Codestream, Container, DecodeRequest, Error, Incomplete, Info, Limits, Wavelet};
use lightbox_model::FrameId;
use lightbox_model::image::ImageHeader;
use lightbox_model::study::{ObjectHeader, ObjectKind};
use lightbox_source::FrameBytes;
use serde_json::{Value, json};
use std::fmt::Write;
use std::path::Path;

pub fn run(args: &args::Info) -> Outcome {
    let path = &args.file;
    let bytes = std::fs::metadata(path).map_or(0, |m| m.len());
    let mut facts = match input::open_file(path)? {
        Input::Codestream(data) => {
            json!({ "kind": "codestream", "codestream": codestream(&data).map_err(|e| Failure::at(path, e))? })
        }
        Input::Dicom(object) => dicom(path, &object)?,
    };
    facts["file"] = path.display().to_string().into();
    facts["bytes"] = bytes.into();
    if args.json { say(&format!("{facts:#}\n")) } else { say(&text(&facts)) }
}

/// A codestream's main header and tile-part index, by the standard's names, and how far its packets reach.
fn codestream(bytes: &FrameBytes) -> Result<Value, Error> {
    let codestream = Codestream::parse(bytes as &dyn ByteSource, &Limits::default())?;
    let mut facts = headers(codestream.info());
    let (complete, reach) = match DecodePlan::new(&codestream, &DecodeRequest::default(), &Limits::default()) {
        Ok(plan) => (Some(plan.incomplete().is_none()), plan.incomplete().map(reach)),
        Err(Error::Truncated { .. }) => (Some(false), None),
        Err(_) => (None, None),
    };
    facts["complete"] = complete.into();
    facts["reach"] = reach.into();
    Ok(facts)
}

/// How far data that are cut off make a picture.
fn reach(incomplete: &Incomplete) -> Value {
    json!({
        "byte": incomplete.at,
        "missing": incomplete.missing,
        "exact_reduction": incomplete.exact_at,
        "layers": incomplete.layers,
        "tiles": incomplete.tiles,
    })
}

fn headers(info: &Info) -> Value {
    let components: Vec<Value> = info
        .components
        .iter()
        .map(|c| json!({ "bits": c.bits, "signed": c.signed, "dx": c.dx, "dy": c.dy, "width": c.width, "height": c.height }))
        .collect();
    let markers: Vec<Value> = info
        .markers
        .iter()
        .map(|m| json!({ "name": m.name, "code": format!("0x{:04X}", m.code), "offset": m.offset, "length": m.len }))
        .collect();
    json!({
        "container": match info.container { Container::Raw => "raw", Container::Jp2 => "jp2", Container::Jph => "jph" },
        "width": info.width,
        "height": info.height,
        "origin": info.origin,
        "tile_size": info.tile_size,
        "tile_origin": info.tile_origin,
        "tiles": info.tiles,
        "tile_parts": info.tile_parts,
        "components": components,
        "levels": info.levels,
        "progression": info.progression.name(),
        "layers": info.layers,
        "code_block": info.code_block,
        "wavelet": match info.wavelet { Wavelet::Reversible53 => "5/3", Wavelet::Irreversible97 => "9/7" },
        "block_coding": match info.ht { BlockCoding::Ht => "HT", BlockCoding::Mq => "MQ", BlockCoding::Mixed => "mixed" },
        "ht": info.ht != BlockCoding::Mq,
        "colour_transform": info.colour_transform,
        "precincts": info.precincts,
        "guard_bits": info.guard_bits,
        "sop": info.packet_markers.0,
        "eph": info.packet_markers.1,
        "offset": info.codestream_offset,
        "length": info.codestream_len,
        "markers": markers,
    })
}

fn dicom(path: &Path, object: &Object) -> Result<Value, Failure> {
    let header = &object.header;
    if let ObjectKind::Damaged(why) = &header.kind {
        return Err(Failure::at(path, why));
    }
    let mut facts = json!({ "kind": "dicom", "sop_class": header.sop_class, "modality": header.modality });
    let Some(image) = &header.image else {
        facts["object"] = kind(header).into();
        return Ok(facts);
    };
    describe_image(&mut facts, image);
    facts["codestream"] = frame_codestream(path, object, image)?;
    Ok(facts)
}

fn kind(header: &ObjectHeader) -> String {
    match &header.kind {
        ObjectKind::Other(name) => name.clone(),
        ObjectKind::Image | ObjectKind::Damaged(_) => "Image".into(),
    }
}

fn describe_image(facts: &mut Value, image: &ImageHeader) {
    let format = &image.format;
    facts["transfer_syntax"] = image.transfer_syntax.as_str().into();
    facts["transfer_syntax_name"] = lightbox_source::transfer_syntax_name(&image.transfer_syntax).into();
    facts["frames"] = image.frames.into();
    facts["rows"] = image.rows.into();
    facts["columns"] = image.columns.into();
    facts["samples_per_pixel"] = format.samples.into();
    facts["bits_allocated"] = format.allocated.into();
    facts["bits_stored"] = format.stored.into();
    facts["high_bit"] = format.high_bit.into();
    facts["signed"] = format.signed.into();
    facts["float"] = format.float.into();
    facts["planar"] = format.planar.into();
    facts["photometric"] = format.photometric.term().into();
    facts["lossy"] = image.lossy.clone().into();
    facts["defect"] = image.defect.clone().into();
}

/// The codestream facts of frame 0, null where it is coded otherwise.
fn frame_codestream(path: &Path, object: &Object, image: &ImageHeader) -> Result<Value, Failure> {
    if image.defect.is_some() {
        return Ok(Value::Null);
    }
    let id = FrameId { object: object.header.id, frame: 0 };
    let fail = |e: lightbox_source::Error| Failure::at(path, e);
    let frame = object.catalogue.frame_bytes(id).map_err(fail)?;
    if !frame.is_codestream().map_err(fail)? {
        return Ok(Value::Null);
    }
    codestream(&frame).map_err(|e| Failure::at(path, format_args!("frame 0: {e}")))
}

/// The same facts for reading: one `name: value` a line, long lists one item a line.
fn text(facts: &Value) -> String {
    let mut out = String::new();
    if let Value::Object(map) = facts {
        for first in ["file", "bytes", "kind"] {
            line(&mut out, 0, first, &map[first]);
        }
        for (key, value) in map.iter().filter(|(key, _)| !["file", "bytes", "kind"].contains(&key.as_str())) {
            line(&mut out, 0, key, value);
        }
    }
    out
}

fn line(out: &mut String, depth: usize, key: &str, value: &Value) {
    let indent = "  ".repeat(depth);
    let key = key.replace('_', " ");
    // Writing to a String cannot fail.
    let _ = match value {
        Value::Null => Ok(()),
        Value::Object(map) => {
            let _ = writeln!(out, "{indent}{key}:");
            map.iter().for_each(|(k, v)| line(out, depth + 1, k, v));
            Ok(())
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            let _ = writeln!(out, "{indent}{key}:");
            items.iter().enumerate().for_each(|(i, item)| {
                let _ = writeln!(out, "{indent}  {i}: {}", on_one_line(item));
            });
            Ok(())
        }
        other => writeln!(out, "{indent}{key}: {}", on_one_line(other)),
    };
}

fn on_one_line(value: &Value) -> String {
    match value {
        Value::String(text) => text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect(),
        Value::Array(items) => items.iter().map(on_one_line).collect::<Vec<_>>().join(" "),
        Value::Object(map) => map.iter().map(|(k, v)| format!("{k} {}", on_one_line(v))).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

//! `lightbox decode`: the stored values of one frame or a part of it, as a file.

use super::args;
use super::failure::{Failure, Outcome};
use super::input::{self, Input, Object};
use super::output::{self, Format, Raster, Values};
use super::{note, part, say};
use lightbox_codec::{Backend, DecodeRequest, Decoder, Limits, Samples, inspect, looks_like_codestream};
use lightbox_model::FrameId;
use lightbox_source::{ImageSource, Pixels};
use serde_json::{Value, json};

pub fn run(args: &args::Decode) -> Outcome {
    let format = Format::of(&args.output)?;
    let decoder = decoder(args.backend.into(), args.threads)?;
    match input::open_file(&args.file)? {
        Input::Codestream(bytes) => from_codestream(args, format, &decoder, &bytes),
        Input::Dicom(object) => from_dicom(args, format, &decoder, &object),
    }
}

/// A decoder for `backend` on `threads` threads, all cores when not given.
pub fn decoder(backend: Backend, threads: Option<usize>) -> Result<Decoder, Failure> {
    let decoder = Decoder::new(backend).map_err(Failure::new)?;
    Ok(match threads {
        Some(n) => decoder.threads(n),
        None => decoder,
    })
}

fn from_codestream(args: &args::Decode, format: Format, decoder: &Decoder, bytes: &[u8]) -> Outcome {
    let path = &args.file;
    if args.frame != 0 {
        return Err(Failure::at(path, format_args!("there is no frame {}; a codestream is one frame, number 0", args.frame)));
    }
    let info = inspect(bytes, &Limits::default()).map_err(|e| Failure::at(path, e))?;
    let request = part::request(args, &info)?;
    let image = decoder.decode_interleaved(bytes, &request, &Limits::default()).map_err(|e| Failure::at(path, e))?;
    let raster = Raster {
        rows: image.height,
        columns: image.width,
        components: image.components.into(),
        bits: image.bits.into(),
        signed: image.signed,
        values: Values::Integer(&image.samples),
    };
    let work = if args.json { part::work(path, bytes, &request)? } else { Value::Null };
    finish(args, format, &raster, &decoder.description(), image.incomplete.map(|i| i.to_string()), work)
}

fn from_dicom(args: &args::Decode, format: Format, decoder: &Decoder, object: &Object) -> Outcome {
    let path = &args.file;
    let image = input::image(&object.header)?;
    if args.frame >= image.frames {
        return Err(Failure::at(path, format_args!("there is no frame {}; it has {}, counted from 0", args.frame, image.frames)));
    }
    let fail = |e: lightbox_source::Error| Failure::at(path, e);
    let id = FrameId { object: object.header.id, frame: args.frame };
    let encoded = object.catalogue.encoded_frame(id).map_err(fail)?;
    // Components are taken apart below, in whatever coding.
    let whole = args::Decode { component: None, ..args.clone() };
    let request = match looks_like_codestream(&encoded.bytes) {
        true => part::request(&whole, &inspect(&encoded.bytes, &Limits::default()).map_err(|e| Failure::at(path, e))?)?,
        false => DecodeRequest::default(),
    };
    let picture = match part::is_asked_for(args) {
        true => lightbox_source::decode_part(image, &encoded, &request, decoder),
        false => lightbox_source::decode_frame(image, &encoded, decoder),
    };
    let picture = picture.map_err(fail)?;
    if let Some(partial) = picture.partial.as_ref().filter(|_| args.strict) {
        return Err(Failure::at(path, partial));
    }
    let of = picture.samples_per_pixel;
    let (components, pixels) = match args.component {
        None => (of, picture.pixels),
        Some(wanted) if wanted < of => (1, only(&picture.pixels, wanted.into(), of.into())),
        Some(wanted) => return Err(part::no_component(path, wanted, of.into())),
    };
    let (signed, values) = match &pixels {
        Pixels::Integer(samples) => (samples.kind().signed(), Values::Integer(samples)),
        Pixels::Float(values) => (true, Values::F32(values)),
        Pixels::Double(values) => (true, Values::F64(values)),
    };
    let raster = Raster {
        rows: picture.rows,
        columns: picture.columns,
        components: components.into(),
        bits: picture.bits.into(),
        signed,
        values,
    };
    let work = match args.json && looks_like_codestream(&encoded.bytes) {
        true => part::work(path, &encoded.bytes, &request)?,
        false => Value::Null,
    };
    finish(args, format, &raster, &picture.decoder, picture.partial, work)
}

/// Writes the file, and says what there is to say of it.
fn finish(args: &args::Decode, format: Format, raster: &Raster, decoder: &str, partial: Option<String>, work: Value) -> Outcome {
    if raster.rows == 0 || raster.columns == 0 {
        return Err(Failure::at(
            &args.file,
            format_args!("no sample lies in this part, halved {} times; take a larger part", args.reduce),
        ));
    }
    output::write(&args.output, format, raster)?;
    if let Some(partial) = &partial {
        note(format_args!("warning: {}", Failure::at(&args.file, partial)));
    }
    if !args.json {
        return Ok(());
    }
    let mut summary = json!({
        "file": args.file.display().to_string(),
        "output": args.output.display().to_string(),
        "width": raster.columns,
        "height": raster.rows,
        "components": raster.components,
        "bits": raster.bits,
        "signed": raster.signed,
        "decoder": decoder,
        "complete": partial.is_none(),
        "warning": partial,
    });
    if let (Value::Object(summary), Value::Object(work)) = (&mut summary, work) {
        summary.extend(work);
    }
    say(&format!("{summary:#}\n"))
}

/// One component of interleaved samples.
fn only(pixels: &Pixels, wanted: usize, of: usize) -> Pixels {
    fn pick<T: Copy>(values: &[T], wanted: usize, of: usize) -> Vec<T> {
        values.iter().skip(wanted).step_by(of).copied().collect()
    }
    match pixels {
        Pixels::Integer(samples) => Pixels::Integer(match samples {
            Samples::U8(v) => Samples::U8(pick(v, wanted, of)),
            Samples::I8(v) => Samples::I8(pick(v, wanted, of)),
            Samples::U16(v) => Samples::U16(pick(v, wanted, of)),
            Samples::I16(v) => Samples::I16(pick(v, wanted, of)),
            Samples::U32(v) => Samples::U32(pick(v, wanted, of)),
            Samples::I32(v) => Samples::I32(pick(v, wanted, of)),
        }),
        Pixels::Float(v) => Pixels::Float(pick(v, wanted, of)),
        Pixels::Double(v) => Pixels::Double(pick(v, wanted, of)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_component_is_every_nth_sample() {
        let pixels = Pixels::Integer(Samples::U8(vec![1, 2, 3, 4, 5, 6]));
        assert_eq!(only(&pixels, 1, 3), Pixels::Integer(Samples::U8(vec![2, 5])));
    }
}

//! `lightbox decode`: the stored values of one frame, as a file.

use super::args;
use super::failure::{Failure, Outcome};
use super::input::{self, Input, Object};
use super::output::{self, Format, Raster, Values};
use lightbox_codec::{Backend, Codestream, Components, DecodeRequest, Decoder, Limits, Samples};
use lightbox_model::FrameId;
use lightbox_source::{ImageSource, Pixels};
use std::path::Path;

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

/// What one decode of `bytes` is asked to do: all components, or the one chosen.
///
/// # Errors
/// A component that is not there; components of different sizes without a choice.
fn request(path: &Path, bytes: &[u8], component: Option<u16>) -> Result<DecodeRequest, Failure> {
    let codestream = Codestream::parse(bytes, &Limits::default()).map_err(|e| Failure::at(path, e))?;
    let components = &codestream.info().components;
    let Some(wanted) = component else {
        return match components.iter().find(|c| !same_layout(c, &components[0])) {
            None => Ok(DecodeRequest { strict: true, ..DecodeRequest::default() }),
            Some(_) => Err(Failure::at(
                path,
                format_args!(
                    "its {} components differ in size or type; write one at its own size with --component 0 to {}",
                    components.len(),
                    components.len() - 1
                ),
            )),
        };
    };
    if usize::from(wanted) >= components.len() {
        return Err(no_component(path, wanted, components.len()));
    }
    Ok(DecodeRequest { components: Components::Some(vec![wanted]), strict: true, ..DecodeRequest::default() })
}

fn same_layout(a: &lightbox_codec::ComponentInfo, b: &lightbox_codec::ComponentInfo) -> bool {
    (a.width, a.height, a.bits, a.signed) == (b.width, b.height, b.bits, b.signed)
}

fn no_component(path: &Path, wanted: u16, have: usize) -> Failure {
    Failure::at(path, format_args!("there is no component {wanted}; it has {have}, counted from 0"))
}

fn from_codestream(args: &args::Decode, format: Format, decoder: &Decoder, bytes: &[u8]) -> Outcome {
    let path = &args.file;
    if args.frame != 0 {
        return Err(Failure::at(path, format_args!("there is no frame {}; a codestream is one frame, number 0", args.frame)));
    }
    let request = request(path, bytes, args.component)?;
    let image = decoder.decode_interleaved(bytes, &request, &Limits::default()).map_err(|e| Failure::at(path, e))?;
    let raster = Raster {
        rows: image.height,
        columns: image.width,
        components: image.components.into(),
        bits: image.bits.into(),
        signed: image.signed,
        values: Values::Integer(&image.samples),
    };
    output::write(&args.output, format, &raster)
}

fn from_dicom(args: &args::Decode, format: Format, decoder: &Decoder, object: &Object) -> Outcome {
    let path = &args.file;
    let image = input::image(&object.header)?;
    if args.frame >= image.frames {
        return Err(Failure::at(path, format_args!("there is no frame {}; it has {}, counted from 0", args.frame, image.frames)));
    }
    let id = FrameId { object: object.header.id, frame: args.frame };
    let picture = object.catalogue.decode(id, decoder).map_err(|e| Failure::at(path, e))?;
    let of = picture.samples_per_pixel;
    let (components, pixels) = match args.component {
        None => (of, picture.pixels),
        Some(wanted) if wanted < of => (1, only(&picture.pixels, wanted.into(), of.into())),
        Some(wanted) => return Err(no_component(path, wanted, of.into())),
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
    output::write(&args.output, format, &raster)
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

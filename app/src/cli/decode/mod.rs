//! `lightbox decode`: stored values as files. Of one frame or a part of it here, of many files in [`batch`].

mod batch;
mod decoded;
mod gather;
mod names;

use super::args;
use super::failure::{Failure, Outcome};
use super::input::{self, Input, Object};
use super::output::Format;
use super::part::{self, Part};
use super::{note, say};
use decoded::Decoded;
use lightbox_codec::{Backend, ByteSource, Coded, DecodeRequest, Decoder, Limits};
use lightbox_model::FrameId;
use lightbox_source::FrameBytes;
use serde_json::Value;
use std::path::Path;

/// `lightbox decode`
pub fn run(args: &args::Decode) -> Outcome {
    match (&args.output_dir, &args.output, &args.inputs[..]) {
        (Some(folder), ..) => batch::run(args, folder),
        (None, Some(output), [file]) => one(args, file, output),
        _ => Err(Failure::new("--output is one file, of one input; write many inputs to a folder with --output-dir")),
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

/// What of a frame is asked for.
fn part(args: &args::Decode) -> Part {
    let &args::Decode { region, tile, reduce, component, strict, .. } = args;
    Part { region, tile, reduce, component, strict }
}

/// One frame of one file.
fn one(args: &args::Decode, file: &Path, output: &Path) -> Outcome {
    let format = Format::of(output)?;
    let decoder = decoder(args.backend.into(), args.threads)?;
    let (decoded, work) = match input::open_file(file)? {
        Input::Codestream(bytes) => from_codestream(args, file, &decoder, &bytes)?,
        Input::Dicom(object) => from_dicom(args, file, &decoder, &object)?,
    };
    decoded.write(file, output, format, args.reduce)?;
    if let Some(partial) = &decoded.partial {
        note(format_args!("warning: {}", Failure::at(file, partial)));
    }
    if !args.json {
        return Ok(());
    }
    let mut summary = decoded.summary(file, output);
    if let (Value::Object(summary), Value::Object(work)) = (&mut summary, work) {
        summary.extend(work);
    }
    say(&format!("{summary:#}\n"))
}

fn from_codestream(args: &args::Decode, file: &Path, decoder: &Decoder, bytes: &FrameBytes) -> Result<(Decoded, Value), Failure> {
    if let Some(frame) = args.frame.filter(|&n| n != 0) {
        return Err(Failure::at(file, format_args!("there is no frame {frame}; a codestream is one frame, number 0")));
    }
    // What is needed as a whole is read as a whole.
    let whole = if part(args).is_asked_for() { None } else { Some(bytes.whole().map_err(|e| Failure::at(file, e))?) };
    let coded = whole.as_ref().map_or(Coded::from(bytes as &dyn ByteSource), |whole| Coded::from(&whole.bytes));
    let request = part(args).of(file, coded)?;
    let image = decoder.decode_interleaved(coded, &request, &Limits::default()).map_err(|e| Failure::at(file, e))?;
    let read = bytes.bytes_read();
    let work = if args.json { part::work(file, bytes, &request, read)? } else { Value::Null };
    Ok((Decoded::of_codestream(image, decoder.description()), work))
}

fn from_dicom(args: &args::Decode, file: &Path, decoder: &Decoder, object: &Object) -> Result<(Decoded, Value), Failure> {
    let image = input::image(&object.header)?;
    let number = args.frame.unwrap_or(0);
    if number >= image.frames {
        return Err(Failure::at(file, format_args!("there is no frame {number}; it has {}, counted from 0", image.frames)));
    }
    let fail = |e: lightbox_source::Error| Failure::at(file, e);
    let frame = object.catalogue.frame_bytes(FrameId { object: object.header.id, frame: number }).map_err(fail)?;
    let coded = frame.is_codestream().map_err(fail)?.then_some(Coded::from(&frame as &dyn ByteSource));
    let request = of_frame(args, file, coded, &frame.transfer_syntax)?;
    let picture = match part(args).is_asked_for() {
        true => lightbox_source::decode_part(image, &frame, &request, decoder),
        false => frame.whole().and_then(|encoded| lightbox_source::decode_frame(image, &encoded, decoder)),
    };
    let read = frame.bytes_read();
    let decoded = Decoded::of_frame(file, picture.map_err(fail)?, args)?;
    let work = match args.json && coded.is_some() {
        true => part::work(file, &frame, &request, read)?,
        false => Value::Null,
    };
    Ok((decoded, work))
}

/// What is wanted of a frame of a DICOM object, all components of it: they are taken apart afterwards, in whatever coding. `coded`
/// is its codestream, where it is one.
fn of_frame(args: &args::Decode, file: &Path, coded: Option<Coded>, syntax: &str) -> Result<DecodeRequest, Failure> {
    let part = Part { component: None, ..part(args) };
    match coded {
        Some(coded) => part.of(file, coded),
        None if part.is_asked_for() => {
            let syntax = lightbox_source::transfer_syntax_name(syntax);
            Err(Failure::at(file, format_args!("it is {syntax}; only JPEG 2000 and HTJ2K have parts")))
        }
        None => Ok(DecodeRequest::default()),
    }
}

//! Stored values of one frame or a part of it, on their way to a file.

use crate::cli::args;
use crate::cli::failure::{Failure, Outcome};
use crate::cli::output::{self, Format, Raster, Values};
use crate::cli::part;
use lightbox_codec::{Interleaved, Samples};
use lightbox_source::{Picture, Pixels};
use serde_json::{Value, json};
use std::path::Path;

/// Values, row by row, components interleaved, and what is to be said of them.
pub struct Decoded {
    rows: u32,
    columns: u32,
    components: u32,
    bits: u32,
    signed: bool,
    values: Pixels,
    /// What decoded it.
    decoder: String,
    /// What is missing, where data are cut off.
    pub partial: Option<String>,
}

impl Decoded {
    /// What was decoded of a bare codestream.
    pub fn of_codestream(image: Interleaved, decoder: String) -> Self {
        Self {
            rows: image.height,
            columns: image.width,
            components: image.components.into(),
            bits: image.bits.into(),
            signed: image.signed,
            values: Pixels::Integer(image.samples),
            decoder,
            partial: image.incomplete.map(|incomplete| incomplete.to_string()),
        }
    }

    /// What was decoded of a frame of `file`, or the one component of it that is asked for. A strict request takes no picture
    /// that is not whole.
    pub fn of_frame(file: &Path, picture: Picture, args: &args::Decode) -> Result<Self, Failure> {
        if let Some(partial) = picture.partial.as_ref().filter(|_| args.strict) {
            return Err(Failure::at(file, partial));
        }
        let of = picture.samples_per_pixel;
        let (components, values) = match args.component {
            None => (of, picture.pixels),
            Some(wanted) if wanted < of => (1, only(&picture.pixels, wanted.into(), of.into())),
            Some(wanted) => return Err(part::no_component(file, wanted, of.into())),
        };
        let signed = match &values {
            Pixels::Integer(samples) => samples.kind().signed(),
            Pixels::Float(_) | Pixels::Double(_) => true,
        };
        Ok(Self {
            rows: picture.rows,
            columns: picture.columns,
            components: components.into(),
            bits: picture.bits.into(),
            signed,
            values,
            decoder: picture.decoder,
            partial: picture.partial,
        })
    }

    /// Writes it to `output`, whole or not at all. `file` is what it was decoded from.
    pub fn write(&self, file: &Path, output: &Path, format: Format, reduce: u8) -> Outcome {
        let &Self { rows, columns, components, bits, signed, .. } = self;
        if rows == 0 || columns == 0 {
            return Err(Failure::at(file, format_args!("no sample lies in this part, halved {reduce} times; take a larger part")));
        }
        let values = match &self.values {
            Pixels::Integer(samples) => Values::Integer(samples),
            Pixels::Float(values) => Values::F32(values),
            Pixels::Double(values) => Values::F64(values),
        };
        output::write(output, format, &Raster { rows, columns, components, bits, signed, values })
    }

    /// The keys of `--json`.
    pub fn summary(&self, file: &Path, output: &Path) -> Value {
        json!({
            "file": file.display().to_string(),
            "output": output.display().to_string(),
            "width": self.columns,
            "height": self.rows,
            "components": self.components,
            "bits": self.bits,
            "signed": self.signed,
            "decoder": self.decoder,
            "complete": self.partial.is_none(),
            "warning": self.partial,
        })
    }
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

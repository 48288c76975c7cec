//! Frames on their way to HTJ2K: decoded, encoded, decoded again and compared, then written as fragments (PS3.5 A.4).

use super::Output;
use super::elements::{UNDEFINED, element, header, item_header};
use crate::catalogue::Catalogue;
use crate::{Error, ImageSource, Pixels, decode};
use dicom_core::{Tag, VR};
use dicom_dictionary_std::tags;
use lightbox_codec::{DecodeRequest, Decoder, EncodeRequest, Encoder, Interleaved, Limits, SampleType, Samples};
use lightbox_model::image::{ImageHeader, Photometric};
use lightbox_model::{FrameId, ObjectId};
use rayon::prelude::*;
use std::io::SeekFrom;
use std::ops::Range;

/// Bytes of samples that frames worked on at a time may have.
const AT_A_TIME: u64 = 64 << 20;
/// Most frames worked on at a time.
const MOST_AT_A_TIME: u64 = 256;
const ITEM: Tag = Tag(0xFFFE, 0xE000);
const SEQUENCE_END: Tag = Tag(0xFFFE, 0xE0DD);

/// Where frames come from.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub catalogue: &'a Catalogue,
    pub object: ObjectId,
    pub image: &'a ImageHeader,
}

/// The frames of one object.
pub(super) struct Frames<'a> {
    source: Source<'a>,
    decoder: &'a Decoder,
    encoder: &'a Encoder,
    on_frames: &'a (dyn Fn(u64) + Sync),
    /// What the samples of every frame are.
    photometric: Photometric,
    /// Encoded and not written yet: the first ones.
    first: Vec<Vec<u8>>,
}

/// Where the offset tables lie in the output, to be filled in behind the pixels.
struct Tables {
    /// Offsets: of 32 bits in the basic table, of 64 in the extended one.
    offsets: u64,
    /// Lengths of 64 bits, in the extended table alone.
    lengths: Option<u64>,
}

impl<'a> Frames<'a> {
    /// Encodes the first frames, which say what the samples are.
    pub fn new(
        source: Source<'a>,
        decoder: &'a Decoder,
        encoder: &'a Encoder,
        on_frames: &'a (dyn Fn(u64) + Sync),
    ) -> Result<Self, Error> {
        let photometric = source.image.format.photometric;
        let mut frames = Self { source, decoder, encoder, on_frames, photometric, first: Vec::new() };
        let encoded = frames.encode(0..frames.step())?;
        frames.photometric = encoded.first().map_or(photometric, |first| first.0);
        frames.first = frames.alike(encoded)?;
        Ok(frames)
    }

    /// Photometric Interpretation of the encoded frames (PS3.3 C.7.6.3.1.2): red, green and blue go through the reversible
    /// transform.
    pub fn photometric(&self) -> &'static str {
        match self.photometric {
            Photometric::Rgb => Photometric::YbrRct.term(),
            other => other.term(),
        }
    }

    /// Frames worked on at a time.
    fn step(&self) -> u32 {
        let ImageHeader { rows, columns, format, frames, .. } = self.source.image;
        let bytes = u64::from(*rows) * u64::from(*columns) * u64::from(format.samples) * u64::from(format.allocated / 8);
        let step = (AT_A_TIME / bytes.max(1)).clamp(1, MOST_AT_A_TIME) as u32;
        step.min(*frames)
    }

    /// Whether offsets may need more than 32 bits: a codestream takes at most twice its samples, and its headers.
    fn is_extended(&self) -> bool {
        let ImageHeader { rows, columns, format, frames, .. } = self.source.image;
        let samples = u64::from(*rows).saturating_mul((*columns).into()).saturating_mul(format.samples.into());
        let frame = samples.saturating_mul(u64::from(format.allocated / 8) * 2).saturating_add(1 << 16);
        frame.saturating_mul((*frames).into()) > u64::from(u32::MAX)
    }

    fn encode(&self, range: Range<u32>) -> Result<Vec<(Photometric, Vec<u8>)>, Error> {
        range.into_par_iter().map(|frame| self.frame(frame)).collect()
    }

    /// Codestreams whose samples are what those of the first are.
    fn alike(&self, encoded: Vec<(Photometric, Vec<u8>)>) -> Result<Vec<Vec<u8>>, Error> {
        if let Some((other, _)) = encoded.iter().find(|(photometric, _)| *photometric != self.photometric) {
            let (a, b) = (self.photometric.term(), other.term());
            return Err(Error::unsupported(format!("an object whose frames are {a} and {b}")));
        }
        Ok(encoded.into_iter().map(|(_, bytes)| bytes).collect())
    }

    /// One frame: what its samples are, and its codestream.
    fn frame(&self, frame: u32) -> Result<(Photometric, Vec<u8>), Error> {
        let Source { catalogue, object, image } = self.source;
        let encoded = catalogue.encoded_frame(FrameId { object, frame })?;
        let picture = decode::frame(image, &encoded, self.decoder)?;
        let Pixels::Integer(samples) = picture.pixels else { return Err(Error::unsupported("floating point pixels")) };
        let (bits, signed, photometric) = (image.format.stored as u8, image.format.signed, picture.photometric);
        let pixels = Interleaved {
            width: picture.columns,
            height: picture.rows,
            components: picture.samples_per_pixel,
            bits,
            signed,
            samples: declared(samples, bits, signed)?,
            incomplete: None,
        };
        let request = EncodeRequest { colour_transform: photometric == Photometric::Rgb, ..EncodeRequest::default() };
        let bytes = self.encoder.encode_interleaved(&pixels, &request, &Limits::default())?;
        let strict = DecodeRequest { strict: true, ..DecodeRequest::default() };
        if self.decoder.decode_interleaved(&bytes, &strict, &Limits::default())? != pixels {
            return Err(Error::decode("HTJ2K", format!("frame {} came back changed; please report this file", frame + 1)));
        }
        (self.on_frames)(1);
        Ok((photometric, bytes))
    }

    /// Writes the pixel data element, its offset tables included. The first frames are given up.
    pub fn write(&mut self, out: &mut dyn Output) -> Result<(), Error> {
        let count = self.source.image.frames;
        let tables = self.reserve(count, out)?;
        let (mut offsets, mut lengths) = (Vec::new(), Vec::new());
        let mut offset = 0u64;
        let mut next = self.first.len() as u32;
        let mut encoded = std::mem::take(&mut self.first);
        loop {
            for mut bytes in encoded {
                lengths.push(bytes.len() as u64);
                bytes.resize(bytes.len().next_multiple_of(2), 0);
                let len = u32::try_from(bytes.len()).map_err(|_| Error::unsupported("a frame that takes more than 4 GiB"))?;
                out.write_all(&item_header(ITEM, len)).and_then(|()| out.write_all(&bytes)).map_err(Error::written)?;
                offsets.push(offset);
                offset += 8 + u64::from(len);
            }
            if next >= count {
                break;
            }
            let end = (next + self.step()).min(count);
            encoded = self.alike(self.encode(next..end)?)?;
            next = end;
        }
        out.write_all(&item_header(SEQUENCE_END, 0)).map_err(Error::written)?;
        tables.fill(&offsets, &lengths, out)
    }

    /// Writes everything up to the first fragment, with zeros for what is not known yet.
    fn reserve(&self, count: u32, out: &mut dyn Output) -> Result<Tables, Error> {
        let zeros = |width: usize| vec![0; width * count as usize];
        let pixels = header(tags::PIXEL_DATA, VR::OB, UNDEFINED);
        let mut tables = Tables { offsets: 0, lengths: None };
        let mut bytes = Vec::new();
        let start = out.stream_position().map_err(Error::written)?;
        if self.is_extended() {
            // The basic table is empty then (PS3.3 C.7.6.3.1.8).
            bytes.extend(element(tags::EXTENDED_OFFSET_TABLE, VR::OV, &zeros(8)));
            tables.offsets = start + bytes.len() as u64 - 8 * u64::from(count);
            bytes.extend(element(tags::EXTENDED_OFFSET_TABLE_LENGTHS, VR::OV, &zeros(8)));
            tables.lengths = Some(start + bytes.len() as u64 - 8 * u64::from(count));
            bytes.extend(pixels);
            bytes.extend(item_header(ITEM, 0));
        } else {
            bytes.extend(pixels);
            bytes.extend(item_header(ITEM, 4 * count));
            tables.offsets = start + bytes.len() as u64;
            bytes.extend(zeros(4));
        }
        out.write_all(&bytes).map_err(Error::written)?;
        Ok(tables)
    }
}

impl Tables {
    /// Fills in the tables and goes back to the end of the output.
    fn fill(&self, offsets: &[u64], lengths: &[u64], out: &mut dyn Output) -> Result<(), Error> {
        let wide = |values: &[u64]| values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<_>>();
        // Without an extended table all offsets have 32 bits.
        let narrow = || offsets.iter().flat_map(|&v| (v as u32).to_le_bytes()).collect::<Vec<_>>();
        let mut put = |at: u64, bytes: Vec<u8>| out.seek(SeekFrom::Start(at)).and_then(|_| out.write_all(&bytes));
        match self.lengths {
            Some(at) => put(self.offsets, wide(offsets)).and_then(|()| put(at, wide(lengths))),
            None => put(self.offsets, narrow()),
        }
        .and_then(|()| out.seek(SeekFrom::End(0)).map(drop))
        .map_err(Error::written)
    }
}

/// Samples in the type of the header's bits and sign, which a decoder may not have delivered.
fn declared(samples: Samples, bits: u8, signed: bool) -> Result<Samples, Error> {
    fn all<T: TryFrom<i64>>(samples: &Samples) -> Option<Vec<T>> {
        (0..samples.len()).map(|i| T::try_from(samples.get(i)?).ok()).collect()
    }
    let kind = SampleType::for_bits(bits, signed);
    if kind == Some(samples.kind()) {
        return Ok(samples);
    }
    let converted = match kind {
        Some(SampleType::U8) => all(&samples).map(Samples::U8),
        Some(SampleType::I8) => all(&samples).map(Samples::I8),
        Some(SampleType::U16) => all(&samples).map(Samples::U16),
        Some(SampleType::I16) => all(&samples).map(Samples::I16),
        _ => None,
    };
    let sign = if signed { "signed" } else { "unsigned" };
    converted.ok_or_else(|| Error::unsupported(format!("a frame with values beyond the {bits} bits {sign} of its header")))
}

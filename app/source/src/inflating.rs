//! Deflated bytes, inflated as far as somebody reads: of an archive's members and of deflated data sets a scan wants the begin only.

use crate::Error;
use crate::storage::{Reader, Storage};
use flate2::CrcWriter;
use flate2::read::DeflateDecoder;
use std::fmt::Display;
use std::io::{self, Read, Write};
use std::sync::{Mutex, PoisonError};

/// Most bytes that are inflated: a whole-body series in one object is below it.
pub(crate) const MAX_INFLATED: u64 = 1 << 30;
/// Bytes inflated at a time.
const PIECE: usize = 64 << 10;
/// Inflated bytes that are kept behind those read last. Whoever reads headers goes forward and takes a few steps back; further back
/// everything is inflated again.
const KEPT: usize = 4 * PIECE;

/// A raw deflate stream (RFC 1951). What was inflated is forgotten soon: it takes no memory to speak of, however much it becomes.
#[derive(Debug)]
pub(crate) struct Inflating {
    packed: Storage,
    said: Option<Said>,
    state: Mutex<State>,
}

/// What an archive says of the bytes of a member.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Said {
    pub len: u64,
    pub crc32: u32,
}

#[derive(Debug)]
struct State {
    decoder: DeflateDecoder<Reader>,
    /// Bytes inflated last, and the offset of the first.
    window: Vec<u8>,
    start: u64,
    /// There is no more, and why not where that was no proper end.
    ended: Option<Result<(), String>>,
}

impl State {
    fn new(packed: &Storage) -> Self {
        let decoder = DeflateDecoder::new(Reader::new(packed.clone()));
        Self { decoder, window: Vec::new(), start: 0, ended: None }
    }

    /// Offset behind the bytes inflated so far.
    fn end(&self) -> u64 {
        self.start + self.window.len() as u64
    }

    /// Inflates until there are bytes up to `end`, or no more. Those from `from` on are kept.
    fn reach(&mut self, from: u64, end: u64) {
        while self.end() < end && self.ended.is_none() {
            let spare = from.min(self.end()).saturating_sub(self.start) as usize;
            if spare > 2 * KEPT {
                self.window.drain(..spare - KEPT);
                self.start += (spare - KEPT) as u64;
            }
            let before = self.window.len();
            self.window.resize(before + PIECE, 0);
            let read = self.decoder.read(&mut self.window[before..]);
            self.window.truncate(before + *read.as_ref().unwrap_or(&0));
            match read {
                Ok(0) => self.ended = Some(Ok(())),
                Ok(_) if self.end() > MAX_INFLATED => self.ended = Some(Err(format!("more than {MAX_INFLATED} bytes"))),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => self.ended = Some(Err(error.to_string())),
            }
        }
    }
}

impl Inflating {
    /// What `packed` becomes.
    pub(crate) fn new(packed: Storage, said: Option<Said>) -> Self {
        let state = Mutex::new(State::new(&packed));
        Self { packed, said, state }
    }

    /// Bytes there are at most.
    pub(crate) fn len(&self) -> u64 {
        self.said.map_or(MAX_INFLATED, |said| said.len)
    }

    /// Bytes from `at` on, at most `most`.
    pub(crate) fn left(&self, at: u64, most: u64) -> u64 {
        let end = at.saturating_add(most).min(self.len());
        // Those counted are not wanted yet, and can be very many.
        let from = at.max(end.saturating_sub(KEPT as u64));
        self.with(from, end, |state| state.end().saturating_sub(at).min(most))
    }

    /// Fills `out` with the bytes from `at` on.
    pub(crate) fn fill(&self, mut at: u64, out: &mut [u8]) -> Result<(), Error> {
        for piece in out.chunks_mut(PIECE) {
            self.with(at, at.saturating_add(piece.len() as u64), |state| {
                let from = at.saturating_sub(state.start) as usize;
                match state.window.get(from..).and_then(|ready| ready.get(..piece.len())) {
                    Some(ready) => piece.copy_from_slice(ready),
                    None => return Err(broken_off(state.end(), state.ended.as_ref().and_then(|ended| ended.as_ref().err()))),
                }
                Ok(())
            })?;
            at += piece.len() as u64;
        }
        Ok(())
    }

    /// The bytes from `at` on; memory is taken as they come.
    pub(crate) fn read(&self, at: u64, len: usize) -> Result<Vec<u8>, Error> {
        let mut out = Vec::new();
        while out.len() < len {
            let before = out.len();
            out.resize(len.min(before + PIECE), 0);
            self.fill(at + before as u64, &mut out[before..])?;
        }
        Ok(out)
    }

    /// All of it, in memory.
    pub(crate) fn whole(&self) -> Result<Storage, Error> {
        let mut out = Vec::new();
        self.inflate(&mut out)?;
        Ok(Storage::memory(out))
    }

    /// Whether it is whole, and what was said it is.
    pub(crate) fn check(&self) -> Result<(), Error> {
        self.inflate(&mut io::sink())
    }

    fn inflate(&self, out: &mut dyn Write) -> Result<(), Error> {
        let mut out = CrcWriter::new(out);
        let most = self.len();
        let mut inflated = DeflateDecoder::new(Reader::new(self.packed.clone())).take(most + 1);
        let done = io::copy(&mut inflated, &mut out);
        let len = most + 1 - inflated.limit();
        done.map_err(|error| broken_off(len, Some(&error)))?;
        match self.said {
            Some(said) if len != said.len || out.crc().sum() != said.crc32 => {
                Err(Error::Integrity { what: "The archive member".to_owned() })
            }
            None if len > most => Err(Error::Limit { what: "the size of the inflated data", asked: len, allowed: most }),
            _ => Ok(()),
        }
    }

    /// Looks at what was inflated up to `end`, from `from` on.
    fn with<T>(&self, from: u64, end: u64, look: impl FnOnce(&State) -> T) -> T {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if from < state.start {
            *state = State::new(&self.packed);
        }
        state.reach(from, end);
        look(&state)
    }
}

fn broken_off(len: u64, why: Option<&impl Display>) -> Error {
    let why = why.map(|why| format!(": {why}")).unwrap_or_default();
    Error::io("the deflated data", io::Error::new(io::ErrorKind::UnexpectedEof, format!("they break off after {len} bytes{why}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::DeflateEncoder;
    use std::io::Write;

    fn packed(bytes: &[u8]) -> Storage {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).expect("memory");
        Storage::memory(encoder.finish().expect("memory"))
    }

    #[test]
    fn any_part_is_what_it_was_and_little_is_kept() {
        let bytes: Vec<u8> = (0..3_000_000u32).map(|i| (i / 7 % 251) as u8).collect();
        let inflating = Inflating::new(packed(&bytes), None);
        for (at, len) in [(0, 10), (2_900_000, 100_000), (5, 1_000_000), (2_999_999, 1), (1_500_000, 0)] {
            let mut out = vec![0; len];
            inflating.fill(at, &mut out).expect("it is there");
            assert!(out == bytes[at as usize..at as usize + len], "{len} from {at}");
            assert!(inflating.state.lock().expect("no panic holds it").window.len() <= 2 * KEPT + 2 * PIECE);
        }
        assert_eq!((inflating.left(2_999_990, 100), inflating.left(3_000_000, 8), inflating.left(u64::MAX, 8)), (10, 0, 0));
        assert_eq!(inflating.read(1_000_001, 300_000).expect("a part"), bytes[1_000_001..1_300_001]);
        let Storage::Memory(whole) = inflating.whole().expect("all of it") else { panic!("it is in memory") };
        assert_eq!(*whole, bytes);
    }

    #[test]
    fn data_that_break_off_say_where() {
        let bytes: Vec<u8> = (0..100_000u32).map(|i| (i.wrapping_mul(i) >> 7) as u8).collect();
        let Storage::Memory(packed) = packed(&bytes) else { panic!("it is in memory") };
        let half = Inflating::new(Storage::memory(packed[..packed.len() / 2].to_vec()), None);
        let there = half.left(0, 100_000);
        assert!((1000..100_000).contains(&there), "{there}");
        let error = half.fill(there, &mut [0]).expect_err("there is no more").to_string();
        assert!(error.contains(&format!("break off after {there} bytes")), "{error}");
        assert!(half.whole().is_err() && half.check().is_err());
    }

    #[test]
    fn what_an_archive_says_is_compared() {
        let bytes = b"123456789";
        let (right, wrong) = (Said { len: 9, crc32: 0xCBF4_3926 }, Said { len: 9, crc32: 1 });
        for (said, is_right) in
            [(right, true), (wrong, false), (Said { len: 8, ..right }, false), (Said { len: 10, ..right }, false)]
        {
            assert_eq!(Inflating::new(packed(bytes), Some(said)).check().is_ok(), is_right, "{said:?}");
        }
    }

    #[test]
    fn bytes_that_are_counted_are_not_kept() {
        let inflating = Inflating::new(packed(&vec![0; 50_000_000]), None);
        assert_eq!(inflating.left(100, 1 << 40), 49_999_900);
        assert!(inflating.state.lock().expect("no panic holds it").window.capacity() < 4_000_000);
        assert_eq!(inflating.left(100, 8), 8);
    }
}

//! The cleanup pass with vector instructions. While the magnitudes of one row of quads are taken, the codes of the next row
//! are read in the same loop, and two blocks go through it together: taking waits for throughput, reading for latency.
//!
//! Each block's state is a [`Lane`] of its own variable, never an element of an array: only so does it stay in registers.

use super::BlockError;
use super::magsgn::{Buffers, Cleanup, Form, Job};
use super::mel::Mel;
use super::quads::QuadReader;
use super::segment::MagSgnBits;
use super::{avx2, avx512};
use std::mem::MaybeUninit;

/// The greatest exponent bound for which four bytes hold any sample's bits wherever they begin within a byte.
const MAX_EXPONENT: u32 = 25;

/// Whether the magnitudes of a pass are small enough for vector instructions.
pub(super) fn reaches(cleanup: &Cleanup<'_>) -> bool {
    cleanup.greatest_exponent() <= MAX_EXPONENT
}

/// A [`Form`] in every instruction set.
pub(super) trait Lanes: avx2::Eight + avx512::Sixteen {}

impl<T: avx2::Eight + avx512::Sixteen> Lanes for T {}

/// The door of an instruction set: `run`, which is compiled for the processors that `$has` of [`Simd`](crate::cpu::simd::Simd)
/// promises. Features have to be named as text, which no generic parameter can be.
macro_rules! door {
    ($vectors:ty, $has:ident, $features:tt) => {
        /// Runs the passes; see [`Cleanup::run`](super::magsgn::Cleanup::run), which has checked the window.
        pub(super) fn run<F: Form + Lanes>(
            simd: crate::cpu::simd::Simd,
            first: Job<'_, '_, F>,
            second: Option<Job<'_, '_, F>>,
            out: &mut [F::Sample],
            stride: usize,
        ) -> Result<(), (usize, BlockError)> {
            assert!(simd.$has() && size_of::<F::Sample>() == 4);
            // SAFETY: the processor has what the function enables, as the assertion says; the caller has checked the window.
            unsafe { enabled(first, second, out, stride) }
        }

        #[target_feature(enable = $features)]
        unsafe fn enabled<F: Form + Lanes>(
            first: Job<'_, '_, F>,
            second: Option<Job<'_, '_, F>>,
            out: &mut [F::Sample],
            stride: usize,
        ) -> Result<(), (usize, BlockError)> {
            // SAFETY: everything that the vectors use is enabled here; the caller has checked the rest.
            unsafe { sweep::run::<$vectors, F>(first, second, out, stride) }
        }
    };
}
pub(super) use door;

/// What an instruction set does. Its functions are inlined where it is enabled.
pub(super) trait Vectors {
    /// Quads whose samples are taken at a time: 2 * QUADS samples in each of two lines.
    const QUADS: usize;

    /// As [`super::quads::deposit`].
    ///
    /// # Safety
    /// The instruction set is enabled in the caller.
    unsafe fn deposit(bits: u64, mask: u64) -> u64;

    /// Adds kappa to the exponents of a row (7.3.7), and finds the contexts that it gives the next row. Checks it: no
    /// exponent above `greatest`, no bit of `outside` in a record.
    ///
    /// # Safety
    /// The instruction set is enabled in the caller, `row.quads` is at most 512 and the pointers are those of [`Buffers`].
    unsafe fn finish_row(row: Row, first: bool, outside: u32, greatest: u32) -> Result<(), BlockError>;

    /// Samples whose place is known.
    type Found: Copy;

    /// Finds where the bits of the samples of the quads from `q` on are: the first half of taking them.
    ///
    /// # Safety
    /// The instruction set is enabled in the caller, and the quads are in the row. `taking.position` is where the bits of these quads begin; the row began no later than the end of the coded bits
    /// ([`MagSgnBits::row_start`]), and no sample of it has more than [`MAX_EXPONENT`] bits.
    unsafe fn find<F: Form + Lanes>(taking: &mut Taking<F>, q: usize) -> Self::Found;

    /// The second half: writes `columns` of the samples, at most 2 * QUADS, to each line.
    ///
    /// # Safety
    /// As [`Self::find`], of which `found` came for this `q`, and the columns are in both lines.
    unsafe fn take<F: Form + Lanes>(taking: &mut Taking<F>, found: Self::Found, q: usize, columns: usize);
}

/// One row of quads: pointers to the arrays of [`Buffers`].
#[derive(Clone, Copy)]
pub(super) struct Row {
    pub quads: usize,
    pub records: *mut u32,
    pub bottoms: *mut u32,
    pub contexts: *mut u32,
}

/// A row of quads whose samples are taken.
#[derive(Clone, Copy)]
pub(super) struct Taking<F: Form + Lanes> {
    pub form: F,
    /// The MagSgn bits, and where the next one is.
    pub bytes: *const u8,
    pub position: usize,
    pub row: Row,
    /// The block's first column in both lines.
    pub lines: [*mut F::Sample; 2],
}

/// One block while its pass runs, but for its MEL decoder, which is not always kept in registers.
#[derive(Clone, Copy)]
struct Lane<'b, F: Form + Lanes> {
    width: usize,
    reader: QuadReader<'b>,
    /// What the quad read last adds to the context of the next.
    left: u32,
    /// Records of the row that is read.
    next: *mut u32,
    taking: Taking<F>,
    bits: MagSgnBits<'b>,
    height: usize,
    /// Bits of records that lie outside the block: in the last row of quads, and in the last column.
    outside: (u32, u32),
    greatest_exponent: u32,
}

impl<'b, F: Form + Lanes> Lane<'b, F> {
    fn new(job: &mut Job<'_, 'b, F>) -> Self {
        let Job { cleanup, buffers, form } = job;
        let quads = cleanup.width.div_ceil(2);
        assert!(quads <= 512 && reaches(cleanup));
        buffers.clear_edges(quads);
        let Buffers { rows: [row, next], contexts, bottoms, .. } = &mut **buffers;
        let row = Row { quads, records: row.as_mut_ptr(), bottoms: bottoms.as_mut_ptr(), contexts: contexts.as_mut_ptr() };
        let bits = cleanup.streams.magsgn;
        Self {
            width: cleanup.width,
            reader: QuadReader::new(cleanup.streams.vlc),
            left: 0,
            next: next.as_mut_ptr(),
            taking: Taking { form: *form, bytes: bits.bytes.as_ptr(), position: 0, row, lines: [std::ptr::null_mut(); 2] },
            bits,
            height: cleanup.height,
            outside: cleanup.outside(),
            greatest_exponent: cleanup.greatest_exponent(),
        }
    }

    /// Reads the pair of quads at `q`. Without `second` the row ends between the two.
    ///
    /// # Safety
    /// `V` is enabled in the caller, and the quads are in the row.
    #[inline(always)]
    unsafe fn read<V: Vectors, const FIRST_ROW: bool>(&mut self, mel: &mut Mel<'_>, q: usize, second: bool) {
        // SAFETY: there are contexts for 512 quads and more, and records for them after the first.
        unsafe {
            let contexts = self.taking.row.contexts.add(q);
            let above = if FIRST_ROW { [0, 0] } else { [*contexts, *contexts.add(1)] };
            let deposit = |bits, mask| V::deposit(bits, mask);
            let (pair, left) = self.reader.pair::<FIRST_ROW, false>(mel, self.left, above, second, deposit);
            self.left = left;
            *self.next.add(q + 1) = pair as u32;
            *self.next.add(q + 2) = (pair >> 32) as u32;
        }
    }

    /// Takes the samples from quad `from` on (`TAKE`) and reads the next row from there (`READ`).
    ///
    /// # Safety
    /// As [`sweep`].
    #[inline(always)]
    unsafe fn rest<V: Vectors, const FIRST_ROW: bool, const TAKE: bool, const READ: bool>(
        &mut self,
        mel: &mut Mel<'_>,
        from: usize,
    ) {
        let quads = self.taking.row.quads;
        for q in (from..quads).step_by(V::QUADS) {
            // SAFETY: `V` is enabled; these quads and columns are the block's.
            unsafe {
                if READ {
                    self.read::<V, FIRST_ROW>(mel, q, q + 1 < quads);
                    if V::QUADS > 2 && q + 2 < quads {
                        self.read::<V, FIRST_ROW>(mel, q + 2, q + 3 < quads);
                    }
                }
                if TAKE {
                    let found = V::find(&mut self.taking, q);
                    V::take(&mut self.taking, found, q, (self.width - 2 * q).min(2 * V::QUADS));
                }
            }
        }
    }

    /// Makes the row that has been read the one whose samples are taken, row `y` of the block.
    ///
    /// # Safety
    /// `V` is enabled in the caller.
    #[inline(always)]
    unsafe fn turn<V: Vectors>(&mut self, y: usize, lines: [*mut F::Sample; 2]) -> Result<(), BlockError> {
        let row = &mut self.taking.row;
        std::mem::swap(&mut row.records, &mut self.next);
        self.left = 0;
        if !self.reader.within() {
            return Err(BlockError::VlcEnd);
        }
        let (bottom, right) = self.outside;
        // SAFETY: the record of the last quad; `V` is enabled, and the row is one of `Buffers`.
        unsafe {
            if *row.records.add(row.quads) & right != 0 {
                return Err(BlockError::Outside);
            }
            let outside = if 2 * y + 1 == self.height { bottom } else { 0 };
            V::finish_row(*row, y == 0, outside, self.greatest_exponent)?;
        }
        self.taking.position = self.bits.row_start(self.taking.position);
        self.taking.lines = lines;
        Ok(())
    }
}

/// Runs the pass of one block, or of two of one height that lie side by side; see [`Cleanup::run`].
///
/// # Safety
/// The instruction set of `V` is enabled in the caller. `out` holds both blocks, `stride` samples to a row.
#[inline(always)]
pub(super) unsafe fn run<V: Vectors, F: Form + Lanes>(
    mut first: Job<'_, '_, F>,
    second: Option<Job<'_, '_, F>>,
    out: &mut [F::Sample],
    stride: usize,
) -> Result<(), (usize, BlockError)> {
    let height = first.cleanup.height;
    let mut mel_a = first.cleanup.streams.mel.clone();
    let mut a = Lane::new(&mut first);
    // A lane of no quads goes through the loops untouched.
    let (mut b, mut mel_b) = match second {
        Some(mut second) => (Lane::new(&mut second), second.cleanup.streams.mel.clone()),
        None => {
            let mut none = a;
            (none.width, none.taking.row.quads) = (0, 0);
            (none, mel_a.clone())
        }
    };
    // SAFETY: `V` is enabled; no samples are taken.
    unsafe { sweep::<V, F, true, false, true>((&mut a, &mut mel_a), (&mut b, &mut mel_b)) };
    // Where the line below the last goes, when the height is odd.
    let mut beyond = MaybeUninit::<[F::Sample; 2 * 1024]>::uninit();
    for y in 0..height.div_ceil(2) {
        // SAFETY: `V` is enabled. The window has `height` lines of both blocks, and `beyond` room for one.
        unsafe {
            let top = out.as_mut_ptr().add(2 * y * stride);
            let bottom = if 2 * y + 1 == height { beyond.as_mut_ptr().cast() } else { top.add(stride) };
            a.turn::<V>(y, [top, bottom]).map_err(|why| (0, why))?;
            if b.width > 0 {
                b.turn::<V>(y, [top.add(a.width), bottom.add(a.width)]).map_err(|why| (1, why))?;
            }
            if 2 * y + 2 < height {
                sweep::<V, F, false, true, true>((&mut a, &mut mel_a), (&mut b, &mut mel_b));
            } else {
                sweep::<V, F, false, true, false>((&mut a, &mut mel_a), (&mut b, &mut mel_b));
            }
        }
    }
    Ok(())
}

/// Takes the samples of a row of quads of both blocks (`TAKE`) and reads their next rows, or the first (`READ`).
///
/// # Safety
/// `V` is enabled in the caller. Where samples are taken, [`Lane::turn`] has checked the row and said where they go.
#[inline(always)]
unsafe fn sweep<V: Vectors, F: Form + Lanes, const FIRST_ROW: bool, const TAKE: bool, const READ: bool>(
    (a, mel_a): (&mut Lane<'_, F>, &mut Mel<'_>),
    (b, mel_b): (&mut Lane<'_, F>, &mut Mel<'_>),
) {
    let common = a.width.min(b.width) / 2;
    let mut q = 0;
    // SAFETY: `V` is enabled; both blocks have these quads and twice as many columns.
    unsafe {
        while q + V::QUADS <= common {
            both::<V, F, FIRST_ROW, TAKE, READ>(a, mel_a, b, q);
            both::<V, F, FIRST_ROW, TAKE, READ>(b, mel_b, a, q);
            q += V::QUADS;
        }
        a.rest::<V, FIRST_ROW, TAKE, READ>(mel_a, q);
        b.rest::<V, FIRST_ROW, TAKE, READ>(mel_b, q);
    }
}

/// Reads quads of one block while the samples of the other are on their way.
///
/// # Safety
/// As [`sweep`]; both blocks have the quads from `q` on.
#[inline(always)]
unsafe fn both<V: Vectors, F: Form + Lanes, const FIRST_ROW: bool, const TAKE: bool, const READ: bool>(
    read: &mut Lane<'_, F>,
    mel: &mut Mel<'_>,
    take: &mut Lane<'_, F>,
    q: usize,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let found = if TAKE { Some(V::find(&mut take.taking, q)) } else { None };
        if READ {
            read.read::<V, FIRST_ROW>(mel, q, true);
            if V::QUADS > 2 {
                read.read::<V, FIRST_ROW>(mel, q + 2, true);
            }
        }
        if let Some(found) = found {
            V::take(&mut take.taking, found, q, 2 * V::QUADS);
        }
    }
}

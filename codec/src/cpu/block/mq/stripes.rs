//! What the coding passes know of a code-block's samples.
//!
//! Samples are numbered in scan order: a stripe is four rows high, and goes column by column from the top down. Sixteen columns
//! of a stripe are a [`Word`]: a bit for each of 64 samples. Beside that, each column of a stripe has its neighbourhood.

/// Rows of a stripe.
pub(super) const ROWS: usize = 4;
/// Columns of a word.
pub(super) const COLUMNS: usize = 16;
/// Samples of a word.
pub(super) const SAMPLES: usize = ROWS * COLUMNS;

/// Facts about 64 samples, sample `4 * column + row` at that bit.
#[derive(Clone, Copy, Default)]
pub(super) struct Word {
    /// Which samples there are.
    pub valid: u64,
    /// Significant: a magnitude bit 1 has been decoded.
    pub significant: u64,
    /// With a significant neighbour.
    pub near: u64,
    /// Coded in this bit-plane's significance propagation pass.
    pub visited: u64,
    /// Refined at least once.
    pub refined: u64,
}

/// Neighbourhood of a column of a stripe: significance of its four samples and of all that touch them, three to a row from the
/// row above to the row below, bit `3 * row + column`; in the upper half, which of those are negative.
pub(super) type Column = u64;

/// Where signs begin in a [`Column`].
const SIGNS: u32 = 32;

/// The 3 by 3 samples around the one in a row of a column.
#[inline(always)]
pub(super) fn around(column: Column, row: u32) -> usize {
    (column >> (3 * row) & 0x1FF) as usize
}

/// An index into [`super::contexts::SIGN_CODING`].
#[inline(always)]
pub(super) fn signs_around(column: Column, row: u32) -> usize {
    let beside = |bits: u64| bits & 0b010_101_010;
    (beside(column >> (3 * row)) | beside(column >> (SIGNS + 3 * row)) >> 1) as usize
}

/// A sample: the sign in the top bit, below it twice the magnitude with a bit for its middle after the last bit that was
/// decoded. `u32` holds 30 bit-planes.
pub(super) trait Sample: Copy + Default {
    /// A magnitude that begins in bit-plane `plane`; `negative` is 1 or 0.
    fn begin(plane: u32, negative: u64) -> Self;

    /// With one more bit, in bit-plane `plane`: the middle bit gives way to it, and a new middle follows.
    fn refine(&mut self, bit: u64, plane: u32);

    /// The magnitude without what is below its last bit, as a number.
    fn integer(self) -> i64;

    /// Twice the number.
    fn doubled(self) -> f64;

    /// As [`Self::integer`] for at most 30 bit-planes.
    fn narrow_integer(self) -> i32;

    /// As [`Self::doubled`] for at most 30 bit-planes.
    fn narrow_doubled(self) -> f32;
}

macro_rules! sample {
    ($unsigned:ident, $signed:ident) => {
        impl Sample for $unsigned {
            #[inline(always)]
            fn begin(plane: u32, negative: u64) -> Self {
                3 << plane | (negative as $unsigned) << ($unsigned::BITS - 1)
            }

            #[inline(always)]
            fn refine(&mut self, bit: u64, plane: u32) {
                *self = self.wrapping_add(((bit as $unsigned) << 1).wrapping_sub(1) << plane);
            }

            #[inline(always)]
            fn integer(self) -> i64 {
                let (magnitude, sign) = (self << 1 >> 2, self as $signed >> ($unsigned::BITS - 1));
                ((magnitude as $signed ^ sign) - sign) as i64
            }

            #[inline(always)]
            fn doubled(self) -> f64 {
                let sign = u64::from(self >> ($unsigned::BITS - 1)) << 63;
                f64::from_bits(((self << 1 >> 1) as $signed as f64).to_bits() | sign)
            }

            #[inline(always)]
            fn narrow_integer(self) -> i32 {
                self.integer() as i32
            }

            #[inline(always)]
            fn narrow_doubled(self) -> f32 {
                let sign = ((self >> ($unsigned::BITS - 1)) as u32) << 31;
                f32::from_bits(((self << 1 >> 1) as i32 as f32).to_bits() | sign)
            }
        }
    };
}

sample!(u32, i32);
sample!(u64, i64);

/// State of a block while it is decoded; reused from block to block.
#[derive(Default)]
pub(super) struct Stripes<S> {
    pub width: usize,
    pub height: usize,
    /// Words from one stripe to the next: one more on either side.
    pub word_stride: usize,
    /// A stripe more above and below.
    pub words: Vec<Word>,
    /// Columns from one stripe to the next: one more on either side.
    pub column_stride: usize,
    /// A stripe more above and below.
    pub columns: Vec<Column>,
    /// 64 to a word, stripe by stripe.
    pub samples: Vec<S>,
}

impl<S: Sample> Stripes<S> {
    /// A block without any significant sample.
    pub fn reset(&mut self, width: usize, height: usize) {
        let (wide, high) = (width.div_ceil(COLUMNS), height.div_ceil(ROWS));
        (self.width, self.height) = (width, height);
        self.word_stride = wide + 2;
        self.words.clear();
        self.words.resize(self.word_stride * (high + 2), Word::default());
        self.column_stride = wide * COLUMNS + 2;
        self.columns.clear();
        self.columns.resize(self.column_stride * (high + 2), 0);
        self.samples.clear();
        self.samples.resize(wide * high * SAMPLES, S::default());
        for stripe in 0..high {
            let rows = ROWS.min(height - ROWS * stripe);
            let column = (1u64 << rows) - 1;
            for word in 0..wide {
                let columns = COLUMNS.min(width - COLUMNS * word);
                let all = u64::MAX >> (SAMPLES - ROWS * columns);
                self.words[self.word_stride * (stripe + 1) + word + 1].valid = (column * 0x1111_1111_1111_1111) & all;
            }
        }
    }

    /// Stripes of the block.
    pub fn stripes(&self) -> usize {
        self.height.div_ceil(ROWS)
    }

    /// Words of a stripe.
    pub fn wide(&self) -> usize {
        self.word_stride - 2
    }

    /// Tells the neighbours of sample `bit` of a word that it is significant; `negative` is 1 or 0. `near` is what the word
    /// holds of neighbours, kept by the caller while it goes through the word. With `causal`, samples of the stripe above do
    /// not look down.
    #[inline(always)]
    pub fn spread(&mut self, word: usize, columns: usize, near: &mut u64, bit: u32, negative: u64, causal: bool) {
        let (column, row) = (bit >> 2, bit & 3);
        let at = columns + column as usize;
        let mark = |row: u32| (1 | negative << SIGNS) << (3 * row);
        let own = mark(row + 1);
        let three: &mut [Column] = &mut self.columns[at - 1..at + 2];
        three[0] |= own << 2;
        three[1] |= own << 1;
        three[2] |= own;

        // Rows above and below within the stripe; the sample is no neighbour of itself.
        let rows = (0b111u64 << row >> 1) & 0xF;
        let beside = rows << (4 * column);
        *near |= beside >> 4 | beside << 4 | (beside & !(1 << bit));
        self.words[word - 1].near |= beside << 60;
        self.words[word + 1].near |= beside >> 60;
        if row == 0 && !causal {
            self.spread_to(word - self.word_stride, at - self.column_stride, 0b1000 << (4 * column), mark(5));
        }
        if row == 3 {
            self.spread_to(word + self.word_stride, at + self.column_stride, 0b0001 << (4 * column), mark(0));
        }
    }

    /// The part of [`Self::spread`] in the stripe above or below, where the nearest sample is `nearest`.
    #[inline(always)]
    fn spread_to(&mut self, word: usize, at: usize, nearest: u64, mark: u64) {
        let three: &mut [Column] = &mut self.columns[at - 1..at + 2];
        three[0] |= mark << 2;
        three[1] |= mark << 1;
        three[2] |= mark;
        let words: &mut [Word] = &mut self.words[word - 1..word + 2];
        words[0].near |= nearest << 60;
        words[1].near |= nearest | nearest << 4 | nearest >> 4;
        words[2].near |= nearest >> 60;
    }
}

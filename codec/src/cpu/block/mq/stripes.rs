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
    /// Coded in this bit-plane's significance propagation pass.
    pub visited: u64,
    /// Refined at least once.
    pub refined: u64,
}

/// Neighbourhood of a column of a stripe: its four samples and all that touch them, three to a row from the row above to the row
/// below, bit `3 * row + column`.
#[derive(Clone, Copy, Default)]
pub(super) struct Column {
    /// Which are significant.
    pub significant: u32,
    /// Which of those beside, over and under the four are negative.
    pub negative: u32,
}

impl Column {
    /// An index into [`super::contexts::ZERO_CODING`]: the significance of the 3 by 3 samples around the one in a row.
    #[inline(always)]
    pub fn around(&self, row: u32) -> usize {
        (self.significant >> (3 * row) & 0x1FF) as usize
    }

    /// An index into [`super::contexts::SIGN_CODING`] for the sample in a row.
    #[inline(always)]
    pub fn signs_around(&self, row: u32) -> usize {
        let beside = |facts: u32| facts >> (3 * row) & 0b010_101_010;
        (beside(self.significant) | beside(self.negative) >> 1) as usize
    }
}

/// The columns of a word, with one more on either side.
pub(super) type Columns = [Column; COLUMNS + 2];

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
    word_stride: usize,
    /// A stripe more above and below.
    words: Vec<Word>,
    /// Columns from one stripe to the next: one more on either side.
    column_stride: usize,
    /// A stripe more above and below.
    columns: Vec<Column>,
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
        self.columns.resize(self.column_stride * (high + 2), Column::default());
        self.samples.clear();
        self.samples.resize(wide * high * SAMPLES, S::default());
        for stripe in 0..high {
            let rows = ROWS.min(height - ROWS * stripe);
            let column = (1u64 << rows) - 1;
            for word in 0..wide {
                let columns = COLUMNS.min(width - COLUMNS * word);
                let all = u64::MAX >> (SAMPLES - ROWS * columns);
                self.words[self.word_stride * (stripe + 1) + word + 1].valid = (column * TOP) & all;
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

    /// A word of a stripe with all that a pass needs to go through it. With `causal`, nothing is seen of the stripe below.
    #[inline(always)]
    pub fn window(&mut self, stripe: usize, word: usize, causal: bool) -> Window<'_, S> {
        let at = (stripe + 1) * self.word_stride + word + 1;
        let near = self.near(at, causal);
        let samples = (stripe * self.wide() + word) * SAMPLES;
        let columns = |n: usize| {
            let first = (stripe + n) * self.column_stride + word * COLUMNS;
            first..first + COLUMNS + 2
        };
        let stripes = [columns(0), columns(1), columns(2)];
        let [above, own, below] = self.columns.get_disjoint_mut(stripes).expect("stripes lie apart");
        let all = "a word has all its columns and samples";
        Window {
            near,
            facts: &mut self.words[at],
            above: above.first_chunk_mut().expect(all),
            own: own.first_chunk_mut().expect(all),
            below: below.first_chunk_mut().expect(all),
            samples: self.samples[samples..].first_chunk_mut().expect(all),
        }
    }

    /// The samples of a word that have a significant neighbour.
    #[inline(always)]
    fn near(&self, word: usize, causal: bool) -> u64 {
        // What is significant in three words of a stripe.
        let three = |word: usize| {
            let words: &[Word] = &self.words[word - 1..word + 2];
            [words[0].significant, words[1].significant, words[2].significant]
        };
        let (above, own, below) = (three(word - self.word_stride), three(word), three(word + self.word_stride));
        // What is over or under that.
        let beside = |n: usize| {
            let below = if causal { 0 } else { below[n] };
            over_or_under(own[n]) | above[n] >> 3 & TOP | below << 3 & BOTTOM
        };
        let columns = |n: usize| own[n] | beside(n);
        beside(1) | columns(1) << 4 | columns(1) >> 4 | columns(0) >> 60 | columns(2) << 60
    }
}

/// A word while a pass goes through it.
pub(super) struct Window<'s, S> {
    /// Its samples with a significant neighbour.
    pub near: u64,
    pub facts: &'s mut Word,
    /// The columns of the same samples in the stripe above, in its own and in the one below.
    above: &'s mut Columns,
    own: &'s mut Columns,
    below: &'s mut Columns,
    pub samples: &'s mut [S; SAMPLES],
}

impl<S> Window<'_, S> {
    /// The column of sample `bit`.
    #[inline(always)]
    pub fn column(&self, bit: u32) -> &Column {
        &self.own[column(bit) + 1]
    }

    /// Tells the neighbours of sample `bit` that it is significant. With `causal`, those in the stripe above do not hear it.
    #[inline(always)]
    pub fn mark_significant(&mut self, bit: u32, causal: bool) {
        self.near |= NEIGHBOURS[bit as usize % SAMPLES];
        let (own, other, stripe) = self.marks(bit, causal);
        for n in 0..3 {
            stripe[column(bit) + n].significant |= other >> n;
        }
        for n in 0..3 {
            self.own[column(bit) + n].significant |= own >> n;
        }
    }

    /// Tells them whether it is negative, 1 or 0.
    #[inline(always)]
    pub fn mark_negative(&mut self, bit: u32, negative: u32, causal: bool) {
        let (own, other, stripe) = self.marks(bit, causal);
        stripe[column(bit) + 1].negative |= negative * (other >> 1);
        for n in 0..3 {
            self.own[column(bit) + n].negative |= negative * (own >> n);
        }
    }

    /// The bit of a sample in the column left of its own, and the same in another stripe with the columns of that: samples in
    /// the top row tell the stripe above, others the one below, where those in the middle leave no mark. So there is nothing
    /// to branch on.
    #[inline(always)]
    fn marks(&mut self, bit: u32, causal: bool) -> (u32, u32, &mut Columns) {
        let own = 1 << (3 * (bit & 3) + 5);
        if bit & 3 == 0 { (own, if causal { 0 } else { own << 12 }, self.above) } else { (own, own >> 12, self.below) }
    }
}

/// The column of sample `bit` in its word.
#[inline(always)]
fn column(bit: u32) -> usize {
    (bit >> 2) as usize % COLUMNS
}

/// The samples of the top row of a word.
const TOP: u64 = 0x1111_1111_1111_1111;
/// The samples of its bottom row.
const BOTTOM: u64 = TOP << 3;

/// The samples of a word that are over or under others.
#[inline(always)]
const fn over_or_under(samples: u64) -> u64 {
    samples << 1 & !TOP | samples >> 1 & !BOTTOM
}

/// The neighbours in a word of each of its samples.
static NEIGHBOURS: [u64; SAMPLES] = {
    let mut neighbours = [0; SAMPLES];
    let mut bit = 0;
    while bit < SAMPLES {
        let beside = over_or_under(1 << bit);
        let column = 1 << bit | beside;
        neighbours[bit] = beside | column << 4 | column >> 4;
        bit += 1;
    }
    neighbours
};

/// Which columns of four are whole among `members`: at the bit of their top sample.
#[inline(always)]
pub(super) fn whole_columns(members: u64) -> u64 {
    let two = members & members >> 1;
    two & two >> 2 & TOP
}

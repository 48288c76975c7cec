//! Contexts of the coding passes and their probability states (ISO/IEC 15444-1 Annex C.2.5, D.3).

/// Label of the first magnitude refinement context; one more with a significant neighbour, two more after the first time.
pub(super) const REFINEMENT: u8 = 14;
/// Label of the run-length context.
pub(super) const RUN: u8 = 17;
/// Label of the uniform context.
pub(super) const UNIFORM: u8 = 18;

/// A probability estimate with the sense of its more probable symbol: an index I(CX) and MPS(CX) in one.
#[derive(Clone, Copy)]
pub(crate) struct State {
    /// Probability of the less probable symbol, at bit 48.
    pub qe: u64,
    /// From the lowest byte: indices into [`STATES`] of this one, and of those that follow a renormalisation after the more
    /// and after the less probable symbol; then MPS. Together, as they are loaded together.
    pub next: u32,
}

/// Qe, NMPS, NLPS and SWITCH of Table C.2.
const QE: [(u16, u8, u8, bool); 47] = [
    (0x5601, 1, 1, true),
    (0x3401, 2, 6, false),
    (0x1801, 3, 9, false),
    (0x0AC1, 4, 12, false),
    (0x0521, 5, 29, false),
    (0x0221, 38, 33, false),
    (0x5601, 7, 6, true),
    (0x5401, 8, 14, false),
    (0x4801, 9, 14, false),
    (0x3801, 10, 14, false),
    (0x3001, 11, 17, false),
    (0x2401, 12, 18, false),
    (0x1C01, 13, 20, false),
    (0x1601, 29, 21, false),
    (0x5601, 15, 14, true),
    (0x5401, 16, 14, false),
    (0x5101, 17, 15, false),
    (0x4801, 18, 16, false),
    (0x3801, 19, 17, false),
    (0x3401, 20, 18, false),
    (0x3001, 21, 19, false),
    (0x2801, 22, 19, false),
    (0x2401, 23, 20, false),
    (0x2201, 24, 21, false),
    (0x1C01, 25, 22, false),
    (0x1801, 26, 23, false),
    (0x1601, 27, 24, false),
    (0x1401, 28, 25, false),
    (0x1201, 29, 26, false),
    (0x1101, 30, 27, false),
    (0x0AC1, 31, 28, false),
    (0x09C1, 32, 29, false),
    (0x08A1, 33, 30, false),
    (0x0521, 34, 31, false),
    (0x0441, 35, 32, false),
    (0x02A1, 36, 33, false),
    (0x0221, 37, 34, false),
    (0x0141, 38, 35, false),
    (0x0111, 39, 36, false),
    (0x0085, 40, 37, false),
    (0x0049, 41, 38, false),
    (0x0025, 42, 39, false),
    (0x0015, 43, 40, false),
    (0x0009, 44, 41, false),
    (0x0005, 45, 42, false),
    (0x0001, 45, 43, false),
    (0x5601, 46, 46, false),
];

/// Both senses of each row of Table C.2: `2 * I + MPS`. The rest of the table only makes its size a power of two.
pub(crate) static STATES: [State; 128] = {
    let none = State { qe: 0, next: 0 };
    let mut states = [none; 128];
    let mut i = 0;
    while i < 94 {
        let (qe, more, less, switch) = QE[i / 2];
        let symbol = (i & 1) as u8;
        states[i] = State {
            qe: (qe as u64) << 48,
            next: u32::from_le_bytes([i as u8, 2 * more + symbol, 2 * less + (symbol ^ switch as u8), symbol]),
        };
        i += 1;
    }
    states
};

/// A probability estimate as the decoder holds it: Qe in the upper 16 bits; in the lowest byte its place in [`STATES`], whose
/// lowest bit is MPS.
pub(super) type Estimate = u64;

/// Qe of an estimate, at bit 48.
#[inline(always)]
pub(super) fn qe(estimate: Estimate) -> u64 {
    estimate & 0xFFFF << 48
}

const fn estimate(place: u32) -> Estimate {
    let place = place & 0xFF;
    STATES[place as usize].qe | place as u64
}

/// Everything that a decision of a block looks up. It is one structure so that one register finds it.
pub(super) struct Contexts {
    /// The estimate of each context; as many as a label can tell, so that none is checked.
    pub estimates: [Estimate; 256],
    /// The estimates that follow each one after a renormalisation and the more probable symbol, by its place. They say how
    /// probable theirs is, so that the next decision does not wait for another look-up.
    pub more: [Estimate; 256],
    /// The estimates after the less probable symbol, as the difference (exclusive or) to those.
    pub less: [Estimate; 256],
    /// The labels of the block's subband.
    pub zero_coding: ZeroCoding,
    /// [`SIGN_CODING`].
    pub sign_coding: [u8; 256],
}

impl Contexts {
    /// For a subband, 0 LL, 1 HL, 2 LH, 3 HH, as its code-blocks begin.
    pub fn new(orientation: u8) -> Self {
        let zero_coding = ZERO_CODING[[0, 1, 0, 2][usize::from(orientation % 4)]];
        Self { zero_coding, ..NEW }
    }

    /// Gives all contexts the states that a code-block begins with (Table D.7).
    pub const fn reset(&mut self) {
        self.estimates = [estimate(0); 256];
        self.estimates[0] = estimate(2 * 4);
        self.estimates[RUN as usize] = estimate(2 * 3);
        self.estimates[UNIFORM as usize] = estimate(2 * 46);
    }
}

static NEW: Contexts = {
    let mut new =
        Contexts { estimates: [0; 256], more: [0; 256], less: [0; 256], zero_coding: ZERO_CODING[0], sign_coding: SIGN_CODING };
    new.reset();
    let mut i = 0;
    while i < 94 {
        let next = STATES[i].next;
        new.more[i] = estimate(next >> 8);
        new.less[i] = new.more[i] ^ estimate(next >> 16);
        i += 1;
    }
    new
};

/// Labels by the significance of a sample's neighbourhood: bit `3 * row + column` of three rows and columns around it.
pub(crate) type ZeroCoding = [u8; 512];

/// The labels of Table D.1 for LL and LH, HL, and HH.
pub(crate) static ZERO_CODING: [ZeroCoding; 3] = [zero_coding(0), zero_coding(1), zero_coding(2)];

const fn zero_coding(table: u8) -> ZeroCoding {
    let mut labels = [0; 512];
    let mut i: usize = 0;
    while i < 512 {
        let beside = (i >> 3 & 1) + (i >> 5 & 1);
        let over = (i >> 1 & 1) + (i >> 7 & 1);
        let diagonal = (i & 1) + (i >> 2 & 1) + (i >> 6 & 1) + (i >> 8 & 1);
        // HL exchanges horizontal and vertical.
        let (h, v) = if table == 1 { (over, beside) } else { (beside, over) };
        labels[i] = if table < 2 {
            match (h, v, diagonal) {
                (2, _, _) => 8,
                (1, 1.., _) => 7,
                (1, 0, 1..) => 6,
                (1, 0, 0) => 5,
                (_, 2, _) => 4,
                (_, 1, _) => 3,
                (_, _, 2..) => 2,
                (_, _, d) => d as u8,
            }
        } else {
            match (diagonal, h + v) {
                (3.., _) => 8,
                (2, 1..) => 7,
                (2, 0) => 6,
                (1, 2..) => 5,
                (1, 1) => 4,
                (1, 0) => 3,
                (_, 2..) => 2,
                (_, sum) => sum as u8,
            }
        };
        i += 1;
    }
    labels
}

/// Labels of Table D.3 with the exclusive-or bit in bit 7. The index has, from bit 0: whether the neighbour above, to the left,
/// to the right and below is negative in even bits, and whether it is significant in odd bits.
pub(crate) static SIGN_CODING: [u8; 256] = {
    let mut labels = [0; 256];
    let mut i = 0;
    while i < 256 {
        let h = clamp(contribution(i >> 2) + contribution(i >> 4));
        let v = clamp(contribution(i) + contribution(i >> 6));
        // Table D.3 is the same for opposite contributions, with the sign flipped.
        let (h, v, flip) = if h < 0 || h == 0 && v < 0 { (-h, -v, 0x80) } else { (h, v, 0) };
        labels[i] = flip
            | match (h, v) {
                (1, 1) => 13,
                (1, 0) => 12,
                (1, _) => 11,
                (_, 1) => 10,
                _ => 9,
            };
        i += 1;
    }
    labels
};

/// A neighbour's contribution (Table D.2): its sign, where it is significant.
const fn contribution(bits: usize) -> i32 {
    match bits & 3 {
        2 => 1,
        3 => -1,
        _ => 0,
    }
}

const fn clamp(sum: i32) -> i32 {
    if sum > 1 {
        1
    } else if sum < -1 {
        -1
    } else {
        sum
    }
}

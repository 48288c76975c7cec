//! Images that become one series, and where their bytes lie in its input.

use super::batch::{Batch, Coming, Device, Sent};

/// Groups that a batch is cut in, if their size allows: while one runs on a device others are made.
const GROUPS: u64 = 8;
/// Coded bytes of a group: fewer do not fill a device, more do not make it faster.
const LEAST_CODED: u64 = 2 << 20;
const MOST_CODED: u64 = 24 << 20;
/// Bytes that are sent at a time: where a group has many of them enough for the bus to run at nearly full speed, else few, so that
/// threads have something to share.
pub(super) const PIECE: usize = 2 << 20;
const SMALL_PIECE: usize = 1 << 20;
const MANY_BYTES: u64 = 8 * PIECE as u64;
/// Bytes before and behind those of an image that may be read with them.
const GUARD: u64 = 16;

/// Images that become one series.
pub(super) struct Group<'b> {
    pub images: Vec<usize>,
    /// Of each of them, its bytes that are sent before it is planned.
    sent: Vec<Option<Sent<'b>>>,
    /// Bytes of the input that these take.
    pub bytes: u64,
}

impl<'b> Group<'b> {
    /// Cuts the images of a batch in groups of about equal size.
    pub fn cut<D: Device>(batch: &Batch<'_, 'b>, devices: &[D]) -> Vec<Self> {
        let coming: Vec<Coming> = (0..batch.count).map(|n| (batch.coming)(n)).collect();
        let whole: u64 = coming.iter().map(|image| image.about).sum();
        let most = devices.iter().map(most).min().unwrap_or_default();
        let enough = (whole / (GROUPS * devices.len().max(1) as u64)).clamp(LEAST_CODED, MOST_CODED).min(most / 2);
        let (mut groups, mut bytes): (Vec<Self>, u64) = (Vec::new(), 0);
        for (number, image) in coming.iter().enumerate() {
            // What is over half is another group's.
            match groups.last_mut() {
                Some(group) if bytes + image.about / 2 <= enough => group.push(number, image, most),
                _ => {
                    let mut group = Self { images: Vec::new(), sent: Vec::new(), bytes: 0 };
                    group.push(number, image, most);
                    groups.push(group);
                    bytes = 0;
                }
            }
            bytes += image.about;
        }
        groups
    }

    fn push(&mut self, number: usize, image: &Coming<'b>, most: u64) {
        let at = self.bytes.max(GUARD);
        let room = |bytes: &&[u8]| at + bytes.len() as u64 + 2 * GUARD <= most.min(1 << 30);
        let sent = image.whole.filter(room).map(|bytes| Sent { bytes, at: at as u32 });
        if let Some(sent) = sent {
            self.bytes = (at + sent.bytes.len() as u64 + GUARD).next_multiple_of(GUARD);
        }
        self.images.push(number);
        self.sent.push(sent);
    }

    /// The bytes of its image `n` that are sent before it is planned.
    pub fn sent(&self, n: usize) -> Option<Sent<'b>> {
        self.sent[n]
    }

    /// Bytes of a piece but for the last.
    fn piece_bytes(&self) -> usize {
        if self.bytes >= MANY_BYTES { PIECE } else { SMALL_PIECE }
    }

    /// How many pieces its bytes are sent in.
    pub fn pieces(&self) -> usize {
        (self.bytes as usize).div_ceil(self.piece_bytes())
    }

    /// Whether its bytes are sent in one piece.
    pub fn is_small(&self) -> bool {
        self.pieces() <= 1
    }

    /// Where a piece begins, and its bytes.
    pub fn piece(&self, n: usize) -> (u64, usize) {
        let at = n * self.piece_bytes();
        (at as u64, self.piece_bytes().min(self.bytes as usize - at))
    }

    /// Writes the bytes from `at` on.
    pub fn fill(&self, at: u64, out: &mut [u8]) {
        let end = at + out.len() as u64;
        for sent in self.sent.iter().flatten() {
            let start = u64::from(sent.at);
            let (from, to) = (start.max(at), (start + sent.bytes.len() as u64).min(end));
            if from < to {
                let bytes = &sent.bytes[(from - start) as usize..(to - start) as usize];
                out[(from - at) as usize..(to - at) as usize].copy_from_slice(bytes);
            }
        }
    }
}

/// Most bytes of a series on a device: each slot has as many, and the outputs that are kept.
pub(super) fn most<D: Device>(device: &D) -> u64 {
    device.budget() / (device.slots() as u64 + 1)
}

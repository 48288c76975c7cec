//! Randomness that is the same everywhere: a small generator, a smooth 3-D noise and the grain of a scanner.

/// SplitMix64: every seed gives its own sequence, on every machine the same.
#[derive(Clone)]
pub struct Random(u64);

impl Random {
    /// A generator for `seed`.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x243F_6A88_85A3_08D3)
    }

    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Uniform in `0.0..1.0`.
    pub fn unit(&mut self) -> f32 {
        (self.bits() >> 40) as f32 / (1u64 << 24) as f32
    }

    /// Uniform between two ends.
    pub fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }

    /// Bell-shaped with mean 0 and deviation 1: the sum of twelve uniform numbers.
    pub fn bell(&mut self) -> f32 {
        (0..12).map(|_| self.unit()).sum::<f32>() - 6.0
    }
}

/// Edge of the periodic lattice of [`Smooth`].
const LATTICE: usize = 64;

/// Smooth noise of mean 0 in about -1..1, with one lattice point per unit of length.
pub struct Smooth(Vec<f32>);

impl Smooth {
    /// The noise of a seed.
    pub fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        Self((0..LATTICE.pow(3)).map(|_| random.between(-1.0, 1.0)).collect())
    }

    /// The noise at a point.
    pub fn at(&self, p: [f32; 3]) -> f32 {
        let cell = p.map(f32::floor);
        let t: [f32; 3] = std::array::from_fn(|i| {
            let f = p[i] - cell[i];
            f * f * (3.0 - 2.0 * f)
        });
        let wrap = |v: f32| (v as i32).rem_euclid(LATTICE as i32) as usize;
        let at: [[usize; 2]; 3] = cell.map(|c| [wrap(c), wrap(c + 1.0)]);
        let value = |x: usize, y: usize, z: usize| self.0[(at[2][z] * LATTICE + at[1][y]) * LATTICE + at[0][x]];
        let along_x = |y, z| mix(value(0, y, z), value(1, y, z), t[0]);
        let along_y = |z| mix(along_x(0, z), along_x(1, z), t[1]);
        mix(along_y(0), along_y(1), t[2])
    }
}

/// From `a` at 0 to `b` at 1.
pub fn mix(a: f32, b: f32, t: f32) -> f32 {
    a + (b - a) * t
}

/// Edge of the tile of [`Grain`].
const TILE: usize = 256;

/// What a scanner adds to every pixel: correlated over a few pixels, mean 0, deviation 1.
pub struct Grain(Vec<f32>);

impl Grain {
    /// The grain of a seed, blurred over `radius` pixels.
    pub fn new(seed: u64, radius: usize) -> Self {
        let mut random = Random::new(seed);
        let mut tile: Vec<f32> = (0..TILE * TILE).map(|_| random.bell()).collect();
        for _ in 0..2 {
            tile = blurred(&tile, radius);
        }
        let deviation = (tile.iter().map(|v| v * v).sum::<f32>() / tile.len() as f32).sqrt();
        Self(tile.iter().map(|v| v / deviation).collect())
    }

    /// The grain at a pixel of a slice; every slice sees the tile from another place.
    pub fn at(&self, slice: usize, column: usize, row: usize) -> f32 {
        let (x, y) = (column + slice * 97, row + slice * 61);
        // Turned from tile to tile, so that the period is not seen.
        let turned = (x / TILE + y / TILE) % 2 == 1;
        let (x, y) = (x % TILE, y % TILE);
        self.0[if turned { x * TILE + y } else { y * TILE + x }]
    }
}

/// Mean over a square, the tile being periodic: along rows, then transposed, so that two calls blur both ways.
fn blurred(tile: &[f32], radius: usize) -> Vec<f32> {
    let mut out = vec![0.0; tile.len()];
    for (y, row) in tile.chunks(TILE).enumerate() {
        for x in 0..TILE {
            let sum: f32 = (0..=2 * radius).map(|i| row[(x + TILE + i - radius) % TILE]).sum();
            out[x * TILE + y] = sum;
        }
    }
    out
}

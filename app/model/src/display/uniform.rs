//! The block of numbers that a shader reads: scalars only, so that its layout is the same in Rust and WGSL.

/// `modality`: rescale or identity.
pub const MODALITY_LINEAR: u32 = 0;
/// `modality`: table at `modality_at`.
pub const MODALITY_LUT: u32 = 1;
/// `voi`: LINEAR and LINEAR_EXACT.
pub const VOI_RAMP: u32 = 0;
/// `voi`: SIGMOID.
pub const VOI_SIGMOID: u32 = 1;
/// `voi`: table at `voi_at`.
pub const VOI_LUT: u32 = 2;
/// `flags`: show 1 - y (inverse and invert differ).
pub const FLAG_FLIP: u32 = 1;
/// `flags`: stored values in `padding_low..=padding_high` are black.
pub const FLAG_PADDING: u32 = 2;
/// `flags`: grey goes through the 256 colours at `pseudo_at`.
pub const FLAG_PSEUDO_COLOUR: u32 = 4;
/// `flags`: the palette at `palette_at` is present. For grey, stored values >= `palette_first` take its colours.
pub const FLAG_PALETTE: u32 = 8;

/// `flags`: grey goes through the presentation LUT at `presentation_at`.
pub const FLAG_PRESENTATION: u32 = 16;

/// Everything but the tables. In WGSL: a uniform struct of the same 28 scalars in the same order.
///
/// `*_at` are indices into [`super::Tables::words`], an array of f32 (in WGSL a read-only storage `array<f32>`): modality values,
/// VOI results in 0..=1, palettes as r, g, b triples in 0..=1.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
pub struct DisplayUniform {
    /// [`super::ColourModel`] as a number.
    pub colour: u32,
    /// [`MODALITY_LINEAR`] or [`MODALITY_LUT`].
    pub modality: u32,
    /// [`VOI_RAMP`], [`VOI_SIGMOID`] or [`VOI_LUT`].
    pub voi: u32,
    /// Bits of `FLAG_*`.
    pub flags: u32,
    /// Added to the stored value first.
    pub modality_pre: f32,
    /// Then multiplied.
    pub modality_scale: f32,
    /// Then added; zero unless the scale is.
    pub modality_post: f32,
    /// 1 / (2^bits - 1): colour sample to 0..=1.
    pub sample_scale: f32,
    /// Subtracted from the modality value.
    pub voi_origin: f32,
    /// Then multiplied.
    pub voi_gain: f32,
    /// 2^(bits-1): the zero of chroma samples.
    pub chroma_centre: f32,
    /// 2^bits - 1: colour results are clamped to it before scaling.
    pub sample_max: f32,
    /// Inclusive.
    pub padding_low: i32,
    /// Inclusive.
    pub padding_high: i32,
    /// Stored value of the first palette entry.
    pub palette_first: i32,
    /// Entries of the palette.
    pub palette_len: u32,
    /// Stored value of the first modality entry.
    pub modality_first: i32,
    /// Entries of the modality LUT.
    pub modality_len: u32,
    /// Where the modality LUT starts.
    pub modality_at: u32,
    /// Modality value of the first VOI entry.
    pub voi_first: i32,
    /// Entries of the VOI LUT.
    pub voi_len: u32,
    /// Where the VOI LUT starts.
    pub voi_at: u32,
    /// Where the palette starts.
    pub palette_at: u32,
    /// Where the 256 colours of pseudo-colour start.
    pub pseudo_at: u32,
    /// Where the presentation LUT starts.
    pub presentation_at: u32,
    /// Entries of the presentation LUT less one: what the display value 1 is multiplied to.
    pub presentation_last: u32,
    /// A uniform's size is a multiple of 16 bytes.
    pub reserved: [u32; 2],
}

const _: () = assert!(size_of::<DisplayUniform>() == 112, "the shader's struct has 28 scalars");

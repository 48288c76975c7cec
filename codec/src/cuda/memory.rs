//! Memory of the device that is the caller's.

use std::marker::PhantomData;

use crate::decoder::Layout;
use crate::error::Error;

/// Memory of the decoder's GPU, such as a buffer that a graphics device has exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceMemory<'m> {
    address: u64,
    bytes: u64,
    pitch: u32,
    /// Bytes from pixel to pixel, where it is not those of a pixel.
    pixel: Option<u32>,
    /// As long as whoever owns it lends it.
    lent: PhantomData<&'m ()>,
}

/// Rows of interleaved pixels in the memory of the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DeviceRows {
    /// The first byte of the first row.
    pub address: u64,
    /// Bytes from row to row.
    pub pitch: u32,
    /// Bytes from pixel to pixel.
    pub pixel: u32,
}

impl DeviceMemory<'_> {
    /// `bytes` bytes from `address` on, for rows that begin `pitch` bytes apart.
    ///
    /// # Safety
    /// The memory can be written by the primary context of the decoder's device for as long as it is used to decode into, and
    /// nobody else writes or reads it meanwhile.
    pub const unsafe fn new(address: u64, bytes: u64, pitch: u32) -> Self {
        Self { address, bytes, pitch, pixel: None, lent: PhantomData }
    }

    /// The same memory for pixels that begin `pixel` bytes apart, such as three samples in the place of four. What lies between them is
    /// left as it is.
    pub const fn pixel(self, pixel: u32) -> Self {
        Self { pixel: Some(pixel), ..self }
    }

    /// The rows of an image in it.
    pub(crate) fn rows(&self, layout: &Layout) -> Result<DeviceRows, Error> {
        let &Self { address, bytes, pitch, pixel, .. } = self;
        let size = layout.kind.bytes() as u64;
        let samples = u64::from(layout.components) * size;
        let pixel = pixel.map_or(samples, u64::from);
        let row = u64::from(layout.width.saturating_sub(1)) * pixel + samples;
        let most = u64::from(layout.height.saturating_sub(1)) * u64::from(pitch) + row;
        let aligned = [address, pitch.into(), pixel].iter().all(|n| n.is_multiple_of(size));
        if pixel < samples || u64::from(pitch) < row || most > bytes || !aligned || address.checked_add(bytes).is_none() {
            return Err(Error::request(format!(
                "the target on the GPU has {bytes} bytes from {address:#x} on, rows {pitch} and pixels {pixel} bytes apart, the image is \
                 {layout:?}"
            )));
        }
        Ok(DeviceRows { address, pitch, pixel: pixel as u32 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SampleType;

    #[test]
    fn rows_must_fit() {
        let layout = Layout { width: 100, height: 10, components: 1, bits: 12, signed: false, kind: SampleType::U16 };
        // SAFETY: nothing is decoded into it.
        let rows = |address, bytes, pitch| unsafe { DeviceMemory::new(address, bytes, pitch) }.rows(&layout);
        assert_eq!(rows(512, 9 * 256 + 200, 256), Ok(DeviceRows { address: 512, pitch: 256, pixel: 2 }));
        for (address, bytes, pitch) in
            [(512, 9 * 256 + 199, 256), (512, 1 << 20, 199), (513, 1 << 20, 256), (u64::MAX - 1, 4096, 256)]
        {
            assert!(matches!(rows(address, bytes, pitch), Err(Error::Request { .. })), "{address} {bytes} {pitch}");
        }
        let apart = |pixel| {
            // SAFETY: nothing is decoded into it.
            unsafe { DeviceMemory::new(512, 1 << 20, 512) }.pixel(pixel).rows(&layout)
        };
        assert_eq!(apart(4), Ok(DeviceRows { address: 512, pitch: 512, pixel: 4 }));
        for pixel in [0, 1, 3, 6, u32::MAX] {
            assert!(matches!(apart(pixel), Err(Error::Request { .. })), "{pixel}");
        }
    }
}

//! Memory of the device that is the caller's.

use crate::decoder::Layout;
use crate::error::Error;

/// Memory of the decoder's GPU, such as a buffer that a graphics device has exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceMemory {
    address: u64,
    bytes: u64,
    pitch: u32,
}

/// Rows of interleaved pixels in the memory of the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DeviceRows {
    /// The first byte of the first row.
    pub address: u64,
    /// Bytes from row to row.
    pub pitch: u32,
}

impl DeviceMemory {
    /// `bytes` bytes from `address` on, for rows that begin `pitch` bytes apart.
    ///
    /// # Safety
    /// The memory can be written by the primary context of the decoder's device for as long as it is used to decode into, and
    /// nobody else writes or reads it meanwhile.
    pub const unsafe fn new(address: u64, bytes: u64, pitch: u32) -> Self {
        Self { address, bytes, pitch }
    }

    /// The rows of an image in it.
    pub(crate) fn rows(&self, layout: &Layout) -> Result<DeviceRows, Error> {
        let &Self { address, bytes, pitch } = self;
        let size = layout.kind.bytes() as u64;
        let row = layout.row() as u64 * size;
        let most = u64::from(layout.height.saturating_sub(1)) * u64::from(pitch) + row;
        let aligned = address.is_multiple_of(size) && u64::from(pitch).is_multiple_of(size);
        if u64::from(pitch) < row || most > bytes || !aligned || address.checked_add(bytes).is_none() {
            return Err(Error::request(format!(
                "the target on the GPU has {bytes} bytes from {address:#x} on and rows {pitch} bytes apart, the image is {layout:?}"
            )));
        }
        Ok(DeviceRows { address, pitch })
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
        assert_eq!(rows(512, 9 * 256 + 200, 256), Ok(DeviceRows { address: 512, pitch: 256 }));
        for (address, bytes, pitch) in
            [(512, 9 * 256 + 199, 256), (512, 1 << 20, 199), (513, 1 << 20, 256), (u64::MAX - 1, 4096, 256)]
        {
            assert!(matches!(rows(address, bytes, pitch), Err(Error::Request { .. })), "{address} {bytes} {pitch}");
        }
    }
}

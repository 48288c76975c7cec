//! What GPUs have used, as the driver's management library (NVML) counts it.

use nvml_wrapper::Nvml;

/// Counts the energy of the GPUs that decode. The library is loaded at run time; the counters of a device move about ten times a
/// second, and cover the whole device.
pub struct Meter {
    nvml: Nvml,
    /// UUIDs as NVML writes them: CUDA counts devices in an order of its own.
    devices: Vec<String>,
}

impl Meter {
    /// A meter for devices by their UUIDs. `None` where the library is not there or a device has no counter, as before Volta.
    pub fn open(devices: &[[u8; 16]]) -> Option<Self> {
        let meter = Self { nvml: Nvml::init().ok()?, devices: devices.iter().map(uuid).collect() };
        meter.joules().is_some().then_some(meter)
    }

    /// Joules that all devices together have used since the driver was loaded.
    pub fn joules(&self) -> Option<f64> {
        let each = |device: &String| self.nvml.device_by_uuid(device.as_str()).ok()?.total_energy_consumption().ok();
        let millijoules: u64 = self.devices.iter().map(each).sum::<Option<u64>>()?;
        (!self.devices.is_empty()).then_some(millijoules as f64 / 1e3)
    }
}

/// `GPU-` and the sixteen bytes in groups of 4, 2, 2, 2 and 6.
fn uuid(bytes: &[u8; 16]) -> String {
    let hex = |range: std::ops::Range<usize>| bytes[range].iter().map(|b| format!("{b:02x}")).collect::<String>();
    format!("GPU-{}", [0..4, 4..6, 6..8, 8..10, 10..16].map(hex).join("-"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn uuids_are_written_as_the_driver_does() {
        let bytes = std::array::from_fn(|i| i as u8 * 0x11);
        assert_eq!(super::uuid(&bytes), "GPU-00112233-4455-6677-8899-aabbccddeeff");
    }
}

//! What can go wrong between decoded samples and the screen.

/// Every message is a sentence a person can act on, then the detail.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is nothing to draw with.
    #[error(
        "no graphics adapter was found; install a Vulkan, Metal or Direct3D 12 driver (on a Linux server: mesa-vulkan-drivers and libvulkan1) ({detail})"
    )]
    NoAdapter {
        /// What the graphics library answered.
        detail: String,
    },
    /// The adapter refused what drawing needs.
    #[error(
        "graphics adapter \"{adapter}\" cannot run Lightbox; update its driver or choose another with WGPU_ADAPTER_NAME ({detail})"
    )]
    Device {
        /// The adapter's name.
        adapter: String,
        /// What the graphics library answered.
        detail: String,
    },
    /// The graphics device went away while it was working.
    #[error("the graphics device stopped answering; restart Lightbox, and update the driver if it happens again ({detail})")]
    LostDevice {
        /// What the graphics library answered.
        detail: String,
    },
    /// The picture does not fit into the graphics memory that is left.
    #[error("not enough graphics memory for {what}; close other viewports or lower the texture budget ({bytes} bytes asked)")]
    OutOfMemory {
        /// The resource, in words.
        what: &'static str,
        /// Its size in bytes.
        bytes: u64,
    },
    /// The device refused for a reason of its own.
    #[error("the graphics device refused {what}; restart Lightbox, and update the driver if it happens again ({detail})")]
    Refused {
        /// The resource, in words.
        what: &'static str,
        /// What the graphics library answered.
        detail: String,
    },
    /// The memory of the device stays its own.
    #[error("graphics memory cannot be shared: {why}")]
    NotShared {
        /// The reason.
        why: String,
    },
    /// Larger than the device can address, even cut into tiles.
    #[error("{what} {asked} is beyond this graphics device's limit of {allowed}")]
    Limit {
        /// What was asked for.
        what: &'static str,
        /// How much of it.
        asked: u64,
        /// The most the device or this program allows.
        allowed: u64,
    },
    /// The samples and their description contradict each other.
    #[error(
        "a picture of {rows} x {columns} pixels with {samples_per_pixel} samples each needs {needed} samples, but {found} were decoded"
    )]
    Size {
        /// Rows (0028,0010).
        rows: u32,
        /// Columns (0028,0011).
        columns: u32,
        /// Samples per Pixel (0028,0002).
        samples_per_pixel: u16,
        /// The product of the three.
        needed: u64,
        /// Samples handed over.
        found: u64,
    },
    /// A combination that cannot be shown truthfully.
    #[error("this picture cannot be shown: {why}")]
    Unsupported {
        /// The reason.
        why: String,
    },
}

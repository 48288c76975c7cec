//! What to decode.

use crate::codestream::Info;
use crate::error::Error;
use crate::geometry::Rect;

/// Which components to decode.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Components {
    /// All, in order.
    #[default]
    All,
    /// These, in the order given, each at most once.
    Some(Vec<u16>),
}

/// What to decode. The default is the whole image at full resolution, as far as its data reach.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DecodeRequest {
    /// Part of the image area on the reference grid at full resolution; `None` for all of it. Samples of the result are
    /// those whose place on the reference grid lies in the region.
    pub region: Option<Rect>,
    /// Finest resolution levels to leave out: the result is `2^reduction` times smaller. At most the fewest
    /// decomposition levels of any tile-component.
    pub reduction: u8,
    /// Components wanted.
    pub components: Components,
    /// Makes an error of data that are cut off before the last packet of the request, instead of the finest complete picture.
    pub strict: bool,
}

impl DecodeRequest {
    /// One tile of an image, at full resolution: the region that it covers.
    ///
    /// # Errors
    /// [`Error::Request`] where there is no such tile.
    pub fn tile(info: &Info, index: u32) -> Result<Self, Error> {
        match info.tile(index) {
            Some(region) => Ok(Self { region: Some(region), ..Self::default() }),
            None => {
                let (across, down) = info.tiles;
                Err(Error::request(format!("there is no tile {index}, the image has {across} x {down}, counted from 0")))
            }
        }
    }
}

//! A request against an image: which planes, of which part.

use super::PlaneLayout;
use crate::codestream::Codestream;
use crate::error::Error;
use crate::geometry::Rect;
use crate::request::{Components, DecodeRequest};
use crate::samples::SampleType;

/// Greatest depth that is decoded: encoders differ in how they shift the level of unsigned samples of 32 bits.
const MAX_BITS: u8 = 31;

/// What a request comes to.
pub(super) struct Chosen {
    /// On the reference grid at full resolution.
    pub area: Rect,
    pub planes: Vec<PlaneLayout>,
    /// For each component asked for, its place among the planes.
    pub wanted: Vec<usize>,
}

/// Settles the area and the components of a request.
pub(super) fn resolve(codestream: &Codestream, request: &DecodeRequest) -> Result<Chosen, Error> {
    let siz = codestream.siz();
    let count = siz.components.len();
    let area = match request.region {
        None => siz.area,
        Some(region) if region.is_empty() || !siz.area.contains(&region) => {
            return Err(Error::request(format!("the region {region:?} does not lie in the image area {:?}", siz.area)));
        }
        Some(region) => region,
    };
    let asked: Vec<u16> = match &request.components {
        Components::All => (0..count as u16).collect(),
        Components::Some(list) => list.clone(),
    };
    if asked.is_empty() {
        return Err(Error::request("no component is asked for"));
    }
    let mut seen = vec![false; count];
    for &component in &asked {
        match seen.get_mut(usize::from(component)) {
            None => return Err(Error::request(format!("there is no component {component}, the image has {count}"))),
            Some(true) => return Err(Error::request(format!("component {component} is asked for twice"))),
            Some(unseen) => *unseen = true,
        }
    }
    let mut components = asked.clone();
    if asked.iter().any(|&c| c < 3) && transformed(codestream, &area)? {
        // The three components of a colour transform are decoded together, and first.
        components.retain(|&c| c >= 3);
        components.splice(0..0, 0..3);
    }
    let mut planes = Vec::with_capacity(components.len());
    let mut places = vec![None; count];
    for component in components {
        let Some(info) = siz.components.get(usize::from(component)) else {
            return Err(Error::malformed("COD", 0, format!("a colour transform of {count} components; it takes three")));
        };
        let kind = SampleType::for_bits(info.bits, info.signed).filter(|_| info.bits <= MAX_BITS);
        let Some(kind) = kind else {
            let feature = format!("samples of {} bits, more than {MAX_BITS},", info.bits);
            return Err(Error::unsupported(feature, codestream.offset()));
        };
        let rect = area.subsampled(u32::from(info.dx), u32::from(info.dy)).reduced(u32::from(request.reduction));
        if let Some(place) = places.get_mut(usize::from(component)) {
            *place = Some(planes.len());
        }
        planes.push(PlaneLayout { component, rect, bits: info.bits, signed: info.signed, kind });
    }
    let wanted = asked.iter().filter_map(|&c| places.get(usize::from(c)).copied().flatten()).collect();
    Ok(Chosen { area, planes, wanted })
}

/// Whether any tile of the area goes through a colour transform.
fn transformed(codestream: &Codestream, area: &Rect) -> Result<bool, Error> {
    for tile in codestream.siz().tiles_in(area) {
        if codestream.in_force(tile).tile_coding()?.colour_transform {
            return Ok(true);
        }
    }
    Ok(false)
}

//! Which part of a codestream is asked for, and what that takes.

use super::failure::Failure;
use lightbox_codec::plan::DecodePlan;
use lightbox_codec::{ByteSource, Coded, Codestream, Components, DecodeRequest, Info, Limits, Rect, inspect};
use lightbox_source::FrameBytes;
use serde_json::{Value, json};
use std::path::Path;

/// What of a frame is wanted; everything by default.
#[derive(Clone, Copy, Debug, Default)]
pub struct Part {
    /// Column, row, columns and rows at full size.
    pub region: Option<[u32; 4]>,
    /// This tile, in place of a region.
    pub tile: Option<u32>,
    /// How often the image is halved.
    pub reduce: u8,
    /// This component alone.
    pub component: Option<u16>,
    /// Whether data that are cut off are an error.
    pub strict: bool,
}

impl Part {
    /// Whether less than the whole frame at full size is asked for.
    pub fn is_asked_for(&self) -> bool {
        self.region.is_some() || self.tile.is_some() || self.reduce > 0
    }

    /// This part of a codestream: all components, or the one chosen. `path` is named in what fails.
    ///
    /// # Errors
    /// No codestream; a component, tile or region that is not there; components of different sizes without a choice.
    pub fn of<'a>(&self, path: &Path, coded: impl Into<Coded<'a>>) -> Result<DecodeRequest, Failure> {
        let info = &inspect(coded, &Limits::default()).map_err(|e| Failure::at(path, e))?;
        let part = match (self.tile, self.region) {
            (Some(tile), _) => DecodeRequest::tile(info, tile).map_err(|e| Failure::at(path, e))?,
            (None, None) => DecodeRequest::default(),
            (None, Some(region)) => DecodeRequest { region: Some(place(path, info, region)?), ..DecodeRequest::default() },
        };
        let components = components(path, info, self.component)?;
        Ok(DecodeRequest { reduction: self.reduce, components, strict: self.strict, ..part })
    }
}

/// A region of the image on the reference grid.
fn place(path: &Path, info: &Info, [x, y, w, h]: [u32; 4]) -> Result<Rect, Failure> {
    let area = info.area();
    // What was typed does not overflow, and the image area does not either.
    if x + w > area.width() || y + h > area.height() {
        let (width, height) = (area.width(), area.height());
        return Err(Failure::at(
            path,
            format_args!("the region {x},{y},{w},{h} does not lie in the image, which is {width}x{height}"),
        ));
    }
    Ok(Rect::new(area.x0 + x, area.y0 + y, area.x0 + x + w, area.y0 + y + h))
}

fn components(path: &Path, info: &Info, wanted: Option<u16>) -> Result<Components, Failure> {
    let components = &info.components;
    let alike = |a: &lightbox_codec::ComponentInfo, b: &lightbox_codec::ComponentInfo| {
        (a.width, a.height, a.bits, a.signed) == (b.width, b.height, b.bits, b.signed)
    };
    match wanted {
        Some(wanted) if usize::from(wanted) < components.len() => Ok(Components::Some(vec![wanted])),
        Some(wanted) => Err(no_component(path, wanted, components.len())),
        None if components.iter().all(|c| alike(c, &components[0])) => Ok(Components::All),
        None => Err(Failure::at(
            path,
            format_args!(
                "its {} components differ in size or type; write one at its own size with --component 0 to {}",
                components.len(),
                components.len() - 1
            ),
        )),
    }
}

pub fn no_component(path: &Path, wanted: u16, have: usize) -> Failure {
    Failure::at(path, format_args!("there is no component {wanted}; it has {have}, counted from 0"))
}

/// Code-blocks and bytes that a request takes of those that there are; `read` is how many bytes were read for it.
pub fn work(path: &Path, bytes: &FrameBytes, request: &DecodeRequest, read: u64) -> Result<Value, Failure> {
    let limits = Limits::default();
    let work = || {
        let codestream = Codestream::parse(bytes as &dyn ByteSource, &limits)?;
        let plan = DecodePlan::new(&codestream, request, &limits)?;
        Ok(json!({
            "blocks": { "decoded": plan.block_count(), "total": codestream.block_count(&limits)? },
            "bytes": { "needed": plan.coded_bytes(), "read": read, "total": codestream.info().codestream_len },
        }))
    };
    work().map_err(|e: lightbox_codec::Error| Failure::at(path, e))
}

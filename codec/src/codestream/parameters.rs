//! Parameters of the main header and of tile headers, and which of them hold for a tile-component.

use std::collections::BTreeMap;

use super::coding::{self, ComponentCoding, ProgressionChange, TileCoding};
use super::lengths::{self, Lengths};
use super::marker::{Marker, Segment};
use super::packed_headers::Packed;
use super::quantization::{self, Quantization};
use crate::error::Error;

/// What one header sets: the main header, or the tile-part headers of one tile.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parameters {
    cod: Option<(TileCoding, ComponentCoding)>,
    coc: BTreeMap<u16, ComponentCoding>,
    qcd: Option<Quantization>,
    qcc: BTreeMap<u16, Quantization>,
    rgn: BTreeMap<u16, u8>,
    poc: Vec<ProgressionChange>,
    /// Lengths of the tile-parts by TLM, in the order of the codestream.
    pub tile_part_lengths: Vec<u32>,
    /// PLM in the main header. A tile-part's PLT is taken from there when it is entered in the index.
    pub packet_lengths: Lengths,
    /// Packed packet headers: PPM in the main header, PPT in a tile's.
    pub packed: Packed,
}

impl Parameters {
    /// Takes in one marker segment; markers that do not change decoding are passed over.
    pub fn apply(&mut self, segment: &Segment, components: usize) -> Result<(), Error> {
        match segment.marker {
            Marker::COD => self.cod = Some(coding::cod(segment)?),
            Marker::COC => {
                let (component, coc) = coding::coc(segment, components)?;
                self.coc.insert(component, coc);
            }
            Marker::QCD => self.qcd = Some(quantization::qcd(segment)?),
            Marker::QCC => {
                let (component, qcc) = quantization::qcc(segment, components)?;
                self.qcc.insert(component, qcc);
            }
            Marker::RGN => {
                let (component, shift) = coding::rgn(segment, components)?;
                self.rgn.insert(component, shift);
            }
            Marker::POC => self.poc.extend(coding::poc(segment, components)?),
            Marker::TLM => self.tile_part_lengths.extend(lengths::tlm(segment)),
            Marker::PLM | Marker::PLT => self.packet_lengths.push(segment),
            Marker::CAP => coding::cap(segment)?,
            Marker::PPM | Marker::PPT => self.packed.push(segment)?,
            marker if marker.is_part_2() => {
                return Err(segment.unsupported(format!("{} of ISO/IEC 15444-2", marker.name())));
            }
            _ => {}
        }
        Ok(())
    }

    /// Those that geometry and the order of packets depend on: neither lengths nor packed packet headers.
    fn coding_parameters(&self) -> impl PartialEq + '_ {
        let Self { cod, coc, qcd, qcc, rgn, poc, .. } = self;
        (cod, coc, qcd, qcc, rgn, poc)
    }

    /// Whether geometry and the order of packets are the same with `other`.
    pub fn same_coding(&self, other: &Self) -> bool {
        self.coding_parameters() == other.coding_parameters()
    }

    /// The same without lengths and packed packet headers.
    pub fn coding_alone(&self) -> Self {
        let Self { cod, coc, qcd, qcc, rgn, poc, .. } = self.clone();
        Self { cod, coc, qcd, qcc, rgn, poc, ..Self::default() }
    }

    /// Whether any parameter that a later tile-part header must not set is set.
    pub fn sets_coding(marker: Marker) -> bool {
        matches!(marker, Marker::COD | Marker::COC | Marker::QCD | Marker::QCC | Marker::RGN)
    }
}

/// The parameters in force in one tile: its own before the main header's.
#[derive(Clone, Copy)]
pub(crate) struct InForce<'p> {
    pub main: &'p Parameters,
    pub tile: Option<&'p Parameters>,
}

impl<'p> InForce<'p> {
    /// Progression, layers and transformation of the tile.
    pub fn tile_coding(&self) -> Result<&'p TileCoding, Error> {
        let own = self.tile.and_then(|t| t.cod.as_ref());
        own.or(self.main.cod.as_ref()).map(|(tile, _)| tile).ok_or_else(|| absent("COD"))
    }

    /// Coding style of a component: tile COC, tile COD, main COC, main COD (A.6.2).
    pub fn coding(&self, component: u16) -> Result<&'p ComponentCoding, Error> {
        let of = |p: &'p Parameters| p.coc.get(&component).or(p.cod.as_ref().map(|(_, c)| c));
        self.tile.and_then(of).or_else(|| of(self.main)).ok_or_else(|| absent("COD"))
    }

    /// Quantization of a component: tile QCC, tile QCD, main QCC, main QCD (A.6.5).
    pub fn quantization(&self, component: u16) -> Result<&'p Quantization, Error> {
        let of = |p: &'p Parameters| p.qcc.get(&component).or(p.qcd.as_ref());
        self.tile.and_then(of).or_else(|| of(self.main)).ok_or_else(|| absent("QCD"))
    }

    /// Shift of a component's region of interest; 0 without one.
    pub fn roi_shift(&self, component: u16) -> u8 {
        let own = self.tile.and_then(|t| t.rgn.get(&component));
        own.or_else(|| self.main.rgn.get(&component)).copied().unwrap_or(0)
    }

    /// Progression order changes, empty where COD's order holds throughout.
    pub fn progression_changes(&self) -> &'p [ProgressionChange] {
        match self.tile {
            Some(tile) if !tile.poc.is_empty() => &tile.poc,
            _ => &self.main.poc,
        }
    }
}

fn absent(marker: &'static str) -> Error {
    Error::malformed(marker, 0, "the main header has none")
}

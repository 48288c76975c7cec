//! Which side of the patient lies at which edge of the viewport (PS3.3 C.7.6.1.1.1).

use super::PlanePosition;
use crate::image::ImageHeader;
use crate::viewport::Camera;

/// Directions that make less of a contribution than this (about 9 degrees) have no letter.
const FAINT: f64 = 0.15;

/// Letters toward +x, -x, +y, -y, +z, -z of the patient's LPS axes; of a quadruped's left, dorsal, cranial axes.
const BIPED: [[&str; 2]; 3] = [["L", "R"], ["P", "A"], ["H", "F"]];
const QUADRUPED: [[&str; 2]; 3] = [["LE", "RT"], ["D", "V"], ["CR", "CD"]];

/// Codes of Patient Orientation and what lies opposite; longer codes first, so that "CR" is not read as C and R.
const BIPED_CODES: [(&str, &str); 6] = [("A", "P"), ("P", "A"), ("R", "L"), ("L", "R"), ("H", "F"), ("F", "H")];
const QUADRUPED_CODES: [(&str, &str); 13] = [
    ("LE", "RT"),
    ("RT", "LE"),
    ("CR", "CD"),
    ("CD", "CR"),
    ("PR", "DI"),
    ("DI", "PR"),
    ("PA", "D"),
    ("PL", "D"),
    ("D", "V"),
    ("V", "D"),
    ("R", "CD"),
    ("M", "L"),
    ("L", "M"),
];

/// Letters of a direction in the patient, strongest first: "AL". Empty for no direction.
pub fn letters(direction: [f64; 3], quadruped: bool) -> String {
    let names = if quadruped { QUADRUPED } else { BIPED };
    let mut axes = [0, 1, 2];
    axes.sort_by(|&a: &usize, &b| direction[b].abs().total_cmp(&direction[a].abs()));
    let named = axes.iter().filter(|&&axis| direction[axis].abs() > FAINT);
    named.map(|&axis| names[axis][usize::from(direction[axis] < 0.0)]).collect()
}

/// Letters at the four edges of a viewport; empty where nothing is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct EdgeLetters {
    pub left: String,
    pub right: String,
    pub top: String,
    pub bottom: String,
}

impl EdgeLetters {
    /// For frame `frame` of `image` as `camera` shows it: from Image Orientation (Patient), else from Patient Orientation.
    pub fn new(image: &ImageHeader, frame: u32, camera: &Camera) -> Self {
        let plane = &image.facts(frame).plane;
        if let Some(edges) = Self::of_plane(plane, image.quadruped, camera) {
            return edges;
        }
        match &image.patient_orientation {
            Some(orientation) => Self::of_codes(orientation, image.quadruped, camera),
            None => Self::default(),
        }
    }

    /// From direction cosines; `None` where they are missing or not at right angles.
    pub fn of_plane(plane: &PlanePosition, quadruped: bool, camera: &Camera) -> Option<Self> {
        let (row, column) = plane.axes()?;
        Some(Self::of_edges(camera, |[x, y]| letters(std::array::from_fn(|i| row[i] * x + column[i] * y), quadruped)))
    }

    /// From Patient Orientation: codes toward the end of rows and toward the end of columns.
    pub fn of_codes([row, column]: &[String; 2], quadruped: bool, camera: &Camera) -> Self {
        Self::of_edges(camera, |[x, y]| {
            let (code, forward) = if x.abs() > y.abs() { (row, x > 0.0) } else { (column, y > 0.0) };
            let code = code.trim();
            if forward { code.to_string() } else { opposite(code, quadruped) }
        })
    }

    fn of_edges(camera: &Camera, name: impl Fn([f64; 2]) -> String) -> Self {
        let at = |x, y| name(camera.image_axes([x, y]));
        Self { left: at(-1.0, 0.0), right: at(1.0, 0.0), top: at(0.0, -1.0), bottom: at(0.0, 1.0) }
    }
}

/// The opposite of a Patient Orientation code; empty for one that has no defined opposite.
fn opposite(code: &str, quadruped: bool) -> String {
    let read = |codes: &[(&str, &str)]| {
        let (mut rest, mut result) = (code, String::new());
        while !rest.is_empty() {
            let (from, to) = codes.iter().find(|(from, _)| rest.starts_with(from))?;
            result.push_str(to);
            rest = &rest[from.len()..];
        }
        Some(result)
    };
    // Older objects lack Anatomical Orientation Type: what is no biped code may still be a quadruped one.
    let result = if quadruped { read(&QUADRUPED_CODES) } else { read(&BIPED_CODES).or_else(|| read(&QUADRUPED_CODES)) };
    result.unwrap_or_default()
}

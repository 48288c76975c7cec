//! The three series of the study, and each of their images as a DICOM file.

use super::dataset::DataSet;
use super::scanner::{Kind, Plane, Scanner};
use dicom_core::VR;
use lightbox_codec::{EncodeRequest, Encoder, Interleaved, Limits, Samples};

/// First UID of the study; all others count up from it. Derived from a UUID (PS3.5 B.2).
const UID: u128 = 0x9b4c_1f5e_27d8_4a63_8e02_5d71_c3a6_0000;
/// Activity given per gram of body weight, Bq: what a standardised uptake value of 1 means.
const BQ_PER_SUV: f64 = 300e6 / 75e3;

/// One series.
#[derive(Clone, Copy, Debug)]
pub struct Series {
    /// What scanner made it.
    pub kind: Kind,
    /// How many images it has.
    pub images: usize,
}

/// The study in the order in which its series were made.
pub const STUDY: [Series; 3] =
    [Series { kind: Kind::Ct, images: 200 }, Series { kind: Kind::Mr, images: 120 }, Series { kind: Kind::Pt, images: 100 }];

/// What the headers of a series say.
struct Facts {
    number: usize,
    modality: &'static str,
    sop_class: &'static str,
    description: &'static str,
    image_type: &'static str,
    /// Row and column direction cosines.
    orientation: [f64; 6],
    /// Distance of two images and of two pixels, mm.
    spacing: [f64; 2],
    bits: u16,
    signed: bool,
}

impl Series {
    fn facts(&self) -> Facts {
        match self.kind {
            Kind::Ct => Facts {
                number: 1,
                modality: "CT",
                sop_class: "1.2.840.10008.5.1.4.1.1.2",
                description: "CT chest abdomen, portal venous, 2 mm",
                image_type: "DERIVED\\SECONDARY\\AXIAL",
                orientation: [1.0, 0.0, 0.0, 0.0, 1.0, 0.0],
                spacing: [2.0, 0.78125],
                bits: 16,
                signed: true,
            },
            Kind::Mr => Facts {
                number: 2,
                modality: "MR",
                sop_class: "1.2.840.10008.5.1.4.1.1.4",
                description: "MR spine T2 TSE sagittal",
                image_type: "DERIVED\\SECONDARY\\M",
                orientation: [0.0, 1.0, 0.0, 0.0, 0.0, -1.0],
                spacing: [2.5, 1.25],
                bits: 12,
                signed: false,
            },
            Kind::Pt => Facts {
                number: 3,
                modality: "PT",
                sop_class: "1.2.840.10008.5.1.4.1.1.128",
                description: "PET FDG coronal, attenuation corrected",
                image_type: "DERIVED\\SECONDARY",
                orientation: [1.0, 0.0, 0.0, 0.0, 0.0, -1.0],
                spacing: [2.5, 2.5],
                bits: 16,
                signed: false,
            },
        }
    }

    /// Where image `index` lies: axial from the head down, sagittal from right to left, coronal from front to back.
    pub fn plane(&self, index: usize) -> Plane {
        let (Facts { spacing: [between, pixel], orientation: o, .. }, i) = (self.facts(), index as f64);
        let from_middle = (i - 0.5 * (self.images as f64 - 1.0)) * between;
        let (size, origin) = match self.kind {
            Kind::Ct => ([512, 512], [-199.609375, -199.609375, -from_middle]),
            Kind::Mr => ([320, 320], [from_middle, -199.375, 199.375]),
            Kind::Pt => ([160, 160], [-198.75, from_middle, 198.75]),
        };
        let step = |at: usize| std::array::from_fn(|k| (o[at + k] * pixel) as f32);
        Plane { origin: origin.map(|v| v as f32), column: step(0), row: step(3), size }
    }

    /// File name of image `index`.
    pub fn file_name(&self, index: usize) -> String {
        format!("{}{:04}.dcm", self.facts().modality, index + 1)
    }

    /// Image `index` as a DICOM file.
    pub fn file(&self, index: usize, scanner: &Scanner, encoder: &Encoder) -> Vec<u8> {
        let facts = self.facts();
        let plane = self.plane(index);
        let values = scanner.scan(&plane, index);
        let sop_instance = uid(facts.number as u128 * 1000 + index as u128 + 1);
        let mut set = DataSet::default();
        patient(&mut set);
        set.text(0x0008_0016, VR::UI, facts.sop_class).text(0x0008_0018, VR::UI, &sop_instance);
        set.text(0x0008_0008, VR::CS, facts.image_type).text(0x0008_0060, VR::CS, facts.modality);
        set.text(0x0008_103E, VR::LO, facts.description).text(0x0020_000E, VR::UI, &uid(facts.number as u128 * 1000));
        set.text(0x0020_0011, VR::IS, &facts.number.to_string()).text(0x0020_0013, VR::IS, &(index + 1).to_string());
        self.place(&mut set, &facts, &plane);
        let stored = self.stored(&mut set, &plane, &values);
        let [columns, rows] = plane.size.map(|n| n as u16);
        set.short(0x0028_0002, 1).text(0x0028_0004, VR::CS, "MONOCHROME2").short(0x0028_0010, rows).short(0x0028_0011, columns);
        set.short(0x0028_0100, 16).short(0x0028_0101, facts.bits).short(0x0028_0102, facts.bits - 1);
        set.short(0x0028_0103, u16::from(facts.signed));
        let image = Interleaved {
            width: columns.into(),
            height: rows.into(),
            components: 1,
            bits: facts.bits as u8,
            signed: facts.signed,
            samples: stored,
            incomplete: None,
        };
        let bytes = encoder.encode_interleaved(&image, &EncodeRequest::default(), &Limits::default());
        set.codestream(bytes.expect("stored values are within their bits"));
        set.file()
    }

    fn place(&self, set: &mut DataSet, facts: &Facts, plane: &Plane) {
        let [between, pixel] = facts.spacing;
        let head = if self.kind == Kind::Ct { between } else { between * 0.9 };
        set.text(0x0020_0052, VR::UI, &uid(1)).text(0x0020_1040, VR::LO, "");
        set.decimals(0x0020_0032, &plane.origin.map(f64::from)).decimals(0x0020_0037, &facts.orientation);
        set.decimals(0x0028_0030, &[pixel, pixel]).decimals(0x0018_0050, &[head]).decimals(0x0018_0088, &[between]);
        set.text(0x0018_5100, VR::CS, "HFS");
    }

    /// Stored values, with the elements that say what they mean.
    fn stored(&self, set: &mut DataSet, plane: &Plane, values: &[f32]) -> Samples {
        match self.kind {
            Kind::Ct => {
                set.decimals(0x0028_1052, &[-1024.0]).decimals(0x0028_1053, &[1.0]).text(0x0028_1054, VR::LO, "HU");
                set.decimals(0x0028_1050, &[40.0, -600.0]).decimals(0x0028_1051, &[400.0, 1500.0]);
                set.text(0x0028_1055, VR::LO, "SOFT TISSUE\\LUNG").signed(0x0028_0120, PADDING);
                set.decimals(0x0018_0060, &[120.0]).text(0x0018_1210, VR::SH, "STANDARD");
                let stored = |v: f32| (v.round() + 1024.0).clamp(0.0, 4095.0) as i16;
                let outside = outside_circle(plane);
                Samples::I16(values.iter().enumerate().map(|(i, &v)| if outside(i) { PADDING } else { stored(v) }).collect())
            }
            Kind::Mr => {
                set.decimals(0x0028_1050, &[430.0]).decimals(0x0028_1051, &[860.0]);
                set.text(0x0018_0020, VR::CS, "SE").text(0x0018_0021, VR::CS, "SK").text(0x0018_0022, VR::CS, "");
                set.text(0x0018_0023, VR::CS, "2D").decimals(0x0018_0080, &[3600.0]).decimals(0x0018_0081, &[98.0]);
                set.decimals(0x0018_0087, &[1.5]).text(0x0018_0091, VR::IS, "15");
                Samples::U16(values.iter().map(|v| v.round().clamp(0.0, 4095.0) as u16).collect())
            }
            Kind::Pt => {
                // Each image fills its 16 bits: its slope is its own.
                let highest = values.iter().fold(0.1f32, |m, v| m.max(*v));
                let slope = f64::from(highest) * BQ_PER_SUV / 65535.0;
                let slope: f64 = format!("{slope:.8e}").parse().unwrap_or(slope);
                set.decimals(0x0028_1052, &[0.0]).decimals(0x0028_1053, &[slope]).text(0x0028_1054, VR::LO, "BQML");
                set.decimals(0x0028_1050, &[3.5 * BQ_PER_SUV]).decimals(0x0028_1051, &[7.0 * BQ_PER_SUV]);
                activity(set);
                let stored = |v: &f32| (f64::from(*v) * BQ_PER_SUV / slope).round().clamp(0.0, 65535.0) as u16;
                Samples::U16(values.iter().map(stored).collect())
            }
        }
    }
}

/// Stored value of CT pixels outside the circle that was reconstructed.
const PADDING: i16 = -2000;

/// Which pixels lie outside the circle inscribed in the picture.
fn outside_circle(plane: &Plane) -> impl Fn(usize) -> bool + use<> {
    let [columns, rows] = plane.size;
    let middle = |i: usize, n: usize| i as f32 - 0.5 * (n as f32 - 1.0);
    move |i| middle(i % columns, columns).hypot(middle(i / columns, rows)) > 0.5 * columns as f32
}

/// Patient, study and equipment: the same in every image.
fn patient(set: &mut DataSet) {
    set.text(0x0008_0005, VR::CS, "ISO_IR 192").text(0x0008_001C, VR::CS, "YES");
    set.text(0x0008_0020, VR::DA, "20260115").text(0x0008_0021, VR::DA, "20260115").text(0x0008_0022, VR::DA, "20260115");
    set.text(0x0008_0023, VR::DA, "20260115").text(0x0008_0030, VR::TM, "101500").text(0x0008_0031, VR::TM, "101500");
    set.text(0x0008_0032, VR::TM, "101500").text(0x0008_0033, VR::TM, "101500").text(0x0008_0050, VR::SH, "DEMO-1");
    set.text(0x0008_0070, VR::LO, "Lightbox").text(0x0008_0090, VR::PN, "").text(0x0008_1090, VR::LO, "Phantom of formulas");
    set.text(0x0008_1030, VR::LO, "Demo: chest and abdomen, three scanners");
    set.text(0x0010_0010, VR::PN, "Demo^Phantom").text(0x0010_0020, VR::LO, "DEMO-0001").text(0x0010_0030, VR::DA, "19680412");
    set.text(0x0010_0040, VR::CS, "O").text(0x0010_1010, VR::AS, "057Y").decimals(0x0010_1030, &[75.0]);
    set.decimals(0x0010_1020, &[1.76]).text(0x0018_0015, VR::CS, "CHEST").text(0x0020_0010, VR::SH, "1");
    set.text(0x0020_000D, VR::UI, &uid(0)).text(0x0028_0301, VR::CS, "NO");
}

/// What turns activity into standardised uptake (PS3.3 C.8.9.1, C.8.9.2).
fn activity(set: &mut DataSet) {
    let mut drug = DataSet::default();
    drug.text(0x0018_0031, VR::LO, "Fluorodeoxyglucose").text(0x0018_1072, VR::TM, "091500");
    drug.decimals(0x0018_1074, &[300e6]).decimals(0x0018_1075, &[6586.2]).decimals(0x0018_1076, &[0.9673]);
    set.item(0x0054_0016, &drug);
    set.text(0x0028_0051, VR::CS, "ATTN\\DECY").text(0x0054_1000, VR::CS, "STATIC\\IMAGE").text(0x0054_1001, VR::CS, "BQML");
    set.text(0x0054_1002, VR::CS, "EMISSION").text(0x0054_1102, VR::CS, "START").text(0x0054_1300, VR::DS, "0");
}

fn uid(number: u128) -> String {
    format!("2.25.{}", UID + number)
}

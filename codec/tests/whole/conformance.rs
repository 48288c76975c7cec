//! The conformance codestreams of ISO/IEC 15444-4 against their references and limits.

use std::collections::BTreeMap;

use lightbox_codec::{BlockCoding, DecodeRequest, Limits, inspect};

use crate::common::{bytes, data, decode, say};
use crate::pgx;

/// One line of the table of limits.
struct Case {
    component: usize,
    reference: String,
    peak: i64,
    mse: f64,
}

#[test]
fn every_codestream_is_within_its_limits() {
    let Some(folder) = data("htj2k-conformance") else { return };
    let table = String::from_utf8(bytes(folder.join("limits.csv"))).expect("a text table");
    let mut cases: BTreeMap<(String, u8), Vec<Case>> = BTreeMap::new();
    for line in table.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let [stream, component, discard, reference, peak, mse] = fields[..] else { panic!("{line}") };
        cases.entry((stream.into(), discard.parse().unwrap())).or_default().push(Case {
            component: component.parse().unwrap(),
            reference: reference.into(),
            peak: peak.parse().unwrap(),
            mse: mse.parse().unwrap(),
        });
    }
    let (mut passed, mut streams) = (0, [0; 3]);
    for ((stream, reduction), cases) in &cases {
        let coded = bytes(folder.join(stream));
        let request = DecodeRequest { reduction: *reduction, ..DecodeRequest::default() };
        let coding = inspect(&coded, &Limits::default()).unwrap().ht;
        let image = decode(2, &coded, &request).unwrap_or_else(|e| panic!("{stream}: {e}"));
        streams[match coding {
            BlockCoding::Ht => 0,
            BlockCoding::Mq => 1,
            BlockCoding::Mixed => 2,
        }] += 1;
        for case in cases {
            let reference = pgx::read(&bytes(folder.join("references").join(&case.reference)));
            let plane = &image.components[case.component];
            assert_eq!((plane.width, plane.height), (reference.width, reference.height), "{stream}");
            let errors = reference.samples.iter().enumerate().map(|(i, r)| (plane.samples.get(i).unwrap() - r).abs());
            let (mut peak, mut squares) = (0, 0);
            for error in errors {
                peak = peak.max(error);
                squares += error * error;
            }
            let mse = squares as f64 / reference.samples.len() as f64;
            assert!(
                peak <= case.peak && mse <= case.mse,
                "{stream} component {}: peak {peak} of {}, MSE {mse} of {}",
                case.component,
                case.peak,
                case.mse
            );
            passed += 1;
        }
    }
    let [ht, mq, mixed] = streams;
    say(&format!("conformance: {passed} components of {ht} HT, {mq} MQ and {mixed} mixed codestreams are within their limits"));
    assert_eq!((passed, ht, mq, mixed), (111, 29, 19, 3), "every line of the table was tried");
}

/// This one is not in the table of limits: 257 components of one sample, lossless.
#[test]
fn as_many_components_as_two_bytes_can_name() {
    let Some(folder) = data("htj2k-conformance") else { return };
    let image = decode(1, &bytes(folder.join("ds0_ht_13_b11.j2k")), &DecodeRequest::default()).unwrap();
    assert_eq!(image.components.len(), 257);
    for (c, plane) in image.components.iter().enumerate().take(4) {
        let reference = pgx::read(&bytes(folder.join(format!("references/c1p0_13-{c}.pgx"))));
        assert_eq!((plane.width, plane.height), (1, 1));
        assert_eq!(plane.samples.get(0), Some(reference.samples[0]), "component {c}");
    }
}

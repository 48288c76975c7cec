//! Frames decoded in one call are what each is alone.

use super::{data, scan};
use lightbox_codec::{Backend, DecodeRequest, Decoder, Rect};
use lightbox_model::FrameId;
use lightbox_source::{EncodedFrame, Error, FrameBytes, FrameRequest, ImageSource, decode_frame, decode_frames, decode_part};

#[test]
fn frames_of_every_coding_come_as_if_alone() {
    let Some(folder) = data("wg04/dicom") else { return };
    let found = scan(&[folder]);
    let frames: Vec<_> = found
        .headers
        .iter()
        .filter_map(|header| {
            let encoded = found.catalogue.encoded_frame(FrameId { object: header.id, frame: 0 }).ok()?;
            Some((header.image.clone()?, encoded))
        })
        .collect();
    assert!(frames.len() > 10);
    let broken = EncodedFrame { bytes: frames[0].1.bytes[..40].to_vec(), ..frames[0].1.clone() };
    let whole = DecodeRequest::default();
    let mut requests: Vec<FrameRequest> =
        frames.iter().map(|(image, encoded)| FrameRequest { image, encoded, request: &whole }).collect();
    requests.insert(1, FrameRequest { encoded: &broken, ..requests[0] });
    let decoder = Decoder::new(Backend::Cpu).expect("the CPU decodes");
    let results = decode_frames(&requests, &decoder);
    assert_eq!(results.len(), requests.len());
    let mut pictures = 0;
    for (request, result) in requests.iter().zip(results) {
        match (result, decode_frame(request.image, request.encoded, &decoder)) {
            (Ok(together), Ok(alone)) => {
                assert_eq!(together, alone);
                pictures += 1;
            }
            (Err(together), Err(alone)) => assert_eq!(together.to_string(), alone.to_string()),
            (together, alone) => panic!("{:?} and {:?}", together.err(), alone.err()),
        }
    }
    assert_eq!(pictures, frames.len(), "only what was broken fails");
}

#[test]
fn parts_come_as_if_alone_and_only_of_codestreams() {
    let Some(folder) = data("wg04/dicom") else { return };
    let request = DecodeRequest { region: Some(Rect::new(16, 8, 48, 40)), reduction: 1, ..DecodeRequest::default() };
    let decoder = Decoder::new(Backend::Cpu).expect("the CPU decodes");
    for (name, has_parts) in [("CT1_J2KR.dcm", true), ("CT1_RLE.dcm", false)] {
        let found = scan(&[folder.join(name)]);
        let header = &found.headers[0];
        let image = header.image.as_ref().expect("an image");
        let encoded = &found.catalogue.encoded_frame(FrameId { object: header.id, frame: 0 }).expect("a frame");
        let result = decode_frames(&[FrameRequest { image, encoded, request: &request }], &decoder).pop().expect("a result");
        match has_parts {
            true => {
                let frame = FrameBytes::in_memory(encoded.clone()).expect("a small frame");
                assert_eq!(result.expect(name), decode_part(image, &frame, &request, &decoder).expect(name));
            }
            false => assert!(matches!(result, Err(Error::Unsupported { .. })), "{name}"),
        }
    }
}

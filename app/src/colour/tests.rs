use super::*;
use lightbox_model::display::Palette;
use lightbox_model::image::PixelFormat;
use moxcms::ColorProfile;
use std::sync::Arc;

/// Colours, and what Little CMS 2.19 makes of them from Adobe RGB (1998) to sRGB, perceptual or relative colorimetric alike.
const ADOBE: [([u8; 3], [u8; 3]); 9] = [
    ([255, 0, 0], [255, 0, 0]),
    ([0, 255, 0], [0, 255, 0]),
    ([0, 0, 255], [0, 0, 255]),
    ([128, 128, 128], [129, 129, 129]),
    ([200, 100, 50], [227, 100, 42]),
    ([10, 20, 30], [0, 12, 24]),
    ([180, 200, 220], [173, 201, 222]),
    ([255, 255, 255], [255, 255, 255]),
    ([0, 0, 0], [0, 0, 0]),
];

fn adobe() -> Vec<u8> {
    ColorProfile::new_adobe_rgb().encode().unwrap()
}

fn header(icc: Option<Vec<u8>>, palette: Option<Palette>) -> ImageHeader {
    let format = PixelFormat {
        samples: 3,
        allocated: 8,
        stored: 8,
        high_bit: 7,
        signed: false,
        photometric: Photometric::Rgb,
        planar: false,
        float: false,
    };
    let header = ImageHeader::new(1, 9, format, "1.2.840.10008.1.2.1");
    ImageHeader { palette: palette.map(Arc::new), icc: icc.map(Arc::from), ..header }
}

fn picture(photometric: Photometric, bits: u16, samples: Samples) -> Picture {
    let samples_per_pixel = if matches!(photometric, Photometric::Monochrome2 | Photometric::PaletteColor) { 1 } else { 3 };
    Picture {
        rows: 1,
        columns: (samples.len() / usize::from(samples_per_pixel)) as u32,
        samples_per_pixel,
        pixels: Pixels::Integer(samples),
        bits,
        photometric,
        decoder: "test".into(),
        encoded_bytes: 0,
        partial: None,
    }
}

fn rgb() -> Picture {
    picture(Photometric::Rgb, 8, Samples::U8(ADOBE.iter().flat_map(|(from, _)| *from).collect()))
}

/// Levels of 255 between the converted samples and those of Little CMS, at worst.
fn apart(shown: &Shown<'_>) -> f64 {
    assert_eq!(shown.picture.photometric, Photometric::Rgb);
    let Pixels::Integer(samples) = &shown.picture.pixels else { panic!("integers go in") };
    assert_eq!(samples.len(), 3 * ADOBE.len());
    let full = f64::from((1u32 << shown.picture.bits) - 1);
    let expected = ADOBE.iter().flat_map(|(_, to)| *to);
    let value = |i| samples.get(i).unwrap() as f64 / full * 255.0;
    expected.enumerate().map(|(i, expected)| (value(i) - f64::from(expected)).abs()).fold(0.0, f64::max)
}

#[test]
fn colours_become_what_little_cms_makes_of_them() {
    let image = header(Some(adobe()), None);
    let decoded = rgb();
    let eight = shown(&image, &decoded);
    assert!(matches!(&eight.management, Management::Converted(name) if name.contains("Adobe")), "{:?}", eight.management);
    assert!(apart(&eight) <= 1.0, "{}", apart(&eight));
    assert_eq!(decoded, rgb(), "stored values stay");

    // The same colours with 16 bits, and as entries of a palette.
    let wide = ADOBE.iter().flat_map(|(from, _)| from.map(|v| u16::from(v) * 257)).collect();
    let sixteen = picture(Photometric::Rgb, 16, Samples::U16(wide));
    let sixteen = shown(&image, &sixteen);
    assert_eq!(sixteen.picture.bits, 16);
    assert!(apart(&sixteen) <= 1.0, "{}", apart(&sixteen));

    let palette = Palette { first: 3, entries: ADOBE.iter().map(|(from, _)| from.map(|v| u16::from(v) * 257)).collect() };
    let image = header(Some(adobe()), Some(palette));
    let indexed = picture(Photometric::PaletteColor, 8, Samples::U8((3..12).collect()));
    assert!(apart(&shown(&image, &indexed)) <= 1.0);
}

#[test]
fn luma_and_chroma_are_converted_after_they_have_become_rgb() {
    let image = header(Some(adobe()), None);
    // 128 grey without chroma, and full-range red.
    let decoded = picture(Photometric::YbrFull422, 8, Samples::U8(vec![128, 128, 128, 76, 85, 255]));
    let shown = shown(&image, &decoded);
    let Pixels::Integer(Samples::U8(samples)) = &shown.picture.pixels else { panic!("8 bits") };
    for (found, expected) in samples.iter().zip([129, 129, 129, 255, 0, 0]) {
        assert!(found.abs_diff(expected) <= 2, "{samples:?}");
    }
}

#[test]
fn srgb_and_grey_and_nothing_are_shown_as_they_are() {
    let srgb = header(Some(ColorProfile::new_srgb().encode().unwrap()), None);
    let decoded = rgb();
    let same = shown(&srgb, &decoded);
    assert!(matches!(same.picture, Cow::Borrowed(_)) && matches!(same.management, Management::Srgb(_)), "{:?}", same.management);
    assert_eq!(shown(&header(None, None), &decoded).management, Management::None);
    let grey = picture(Photometric::Monochrome2, 8, Samples::U8(vec![1, 2, 3]));
    assert_eq!(shown(&header(Some(adobe()), None), &grey).management, Management::None);
}

#[test]
fn a_profile_that_does_not_fit_or_is_damaged_loses_no_picture() {
    let decoded = rgb();
    let refused = |icc: Vec<u8>, why: &str| {
        let image = header(Some(icc), None);
        let shown = shown(&image, &decoded);
        assert!(matches!(shown.picture, Cow::Borrowed(_)));
        assert!(shown.management.to_string().contains(why), "{} is not about {why}", shown.management);
    };
    refused(ColorProfile::new_gray_with_gamma(2.2).encode().unwrap(), "Gray samples and not for RGB");
    refused(vec![0; 9 << 20], "are allowed");
    refused(b"no profile at all".to_vec(), "damaged");
    let whole = adobe();
    for length in (0..whole.len()).step_by(7) {
        // What is cut off may be a tag that nothing needs; then the rest is used.
        let image = header(Some(whole[..length].to_vec()), None);
        assert_eq!(shown(&image, &decoded).picture.rows, 1);
    }
    for at in 0..whole.len() {
        let mut flipped = whole.clone();
        flipped[at] ^= 0x55;
        let image = header(Some(flipped), None);
        assert_eq!(shown(&image, &decoded).picture.columns, 9);
    }
}

//! Files, folders, DICOMDIRs, archives, codestreams, and changes behind our back.

use crate::make::{element, file, grey, pixels, text};
use crate::{data, scan};
use lightbox_model::study::ObjectKind;
use lightbox_source::{Catalogue, Error, ImageSource, ScanEvent, Stop};
use std::io::Write;
use std::path::Path;

#[test]
fn a_folder_is_scanned_with_all_below() {
    let Some(folder) = data("dicom/dicomdir") else { return };
    let scanned = scan(&[folder]);
    assert_eq!(scanned.headers.len(), 31, "the DICOMDIRs are not listed among their files");
    assert!(scanned.headers.iter().all(|h| h.kind == ObjectKind::Image));
    assert_eq!(scanned.summary.objects, 31);
}

#[test]
fn a_dicomdir_opens_the_files_it_lists() {
    let Some(folder) = data("dicom/dicomdir") else { return };
    for name in ["DICOMDIR", "DICOMDIR-bigEnd", "DICOMDIR-implicit", "DICOMDIR-nooffset"] {
        let scanned = scan(&[folder.join(name)]);
        assert_eq!(scanned.headers.len(), 31, "{name}: {:?}", scanned.skipped);
    }
    let empty = scan(&[folder.join("DICOMDIR-empty.dcm")]);
    assert_eq!(empty.headers.len(), 31, "an empty DICOMDIR is of no use; its folder is scanned");
}

#[test]
fn a_damaged_dicomdir_does_not_hide_files() {
    let (Some(folder), Some(bad)) = (data("dicom/dicomdir"), data("malformed/dicom")) else { return };
    for name in ["DICOMDIR-nopatient", "DICOMDIR-reordered"] {
        let copy = tempfile::tempdir().expect("a temporary folder");
        copy_tree(&folder, copy.path());
        std::fs::copy(bad.join(name), copy.path().join(name)).expect("a copy");
        assert_eq!(scan(&[copy.path().join(name)]).headers.len(), 31, "{name}");
        let half = std::fs::read(bad.join(name)).expect("the file");
        std::fs::write(copy.path().join(name), &half[..half.len() / 2]).expect("half of it");
        assert!(!scan(&[copy.path().join(name)]).headers.is_empty(), "half of {name}");
    }
}

#[test]
fn files_missing_from_a_dicomdir_are_listed() {
    let Some(folder) = data("dicom/dicomdir") else { return };
    let copy = tempfile::tempdir().expect("a temporary folder");
    copy_tree(&folder, copy.path());
    std::fs::remove_dir_all(copy.path().join("98892003")).expect("removed");
    let scanned = scan(&[copy.path().join("DICOMDIR")]);
    let missing = |h: &&std::sync::Arc<lightbox_model::study::ObjectHeader>| matches!(&h.kind, ObjectKind::Damaged(why) if why.contains("missing"));
    assert_eq!((scanned.headers.len(), scanned.headers.iter().filter(missing).count()), (31, 17));
}

#[test]
fn archive_members_decode_as_the_files_they_were() {
    let Some(file) = data("dicom/pydicom-core/MR_small_RLE.dcm") else { return };
    let bytes = std::fs::read(&file).expect("the file");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("study.zip");
    let mut zip = zip::ZipWriter::new(std::fs::File::create(&path).expect("an archive"));
    for (name, method) in [("a/deflated", zip::CompressionMethod::Deflated), ("b/stored", zip::CompressionMethod::Stored)] {
        zip.start_file(name, zip::write::SimpleFileOptions::default().compression_method(method)).expect("a member");
        zip.write_all(&bytes).expect("its bytes");
    }
    zip.start_file("notes.txt", zip::write::SimpleFileOptions::default()).expect("a member");
    zip.write_all(b"no image").expect("its bytes");
    zip.finish().expect("the archive");
    let plain = scan(&[file]).decode(0, 0).expect("the plain file");
    let scanned = scan(&[path]);
    assert_eq!(
        scanned.headers.iter().map(|h| h.origin.as_str()).collect::<Vec<_>>(),
        ["study.zip: a/deflated", "study.zip: b/stored"]
    );
    for object in 0..2 {
        assert_eq!(scanned.decode(object, 0).expect("a member").pixels, plain.pixels);
    }
}

/// An archive of deflated members; `patch` changes their directory entries.
fn archive(path: &Path, members: &[(&str, &[u8])], patch: impl Fn(&mut [u8])) {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    for (name, bytes) in members {
        zip.start_file(*name, options).expect("a member");
        zip.write_all(bytes).expect("its bytes");
    }
    let mut bytes = zip.finish().expect("the archive").into_inner();
    let entries: Vec<usize> = (0..bytes.len()).filter(|&at| bytes[at..].starts_with(b"PK\x01\x02")).collect();
    assert_eq!(entries.len(), members.len());
    entries.into_iter().for_each(|at| patch(&mut bytes[at..]));
    std::fs::write(path, bytes).expect("the archive");
}

/// Bytes that deflate to as many.
fn noise(len: usize) -> Vec<u8> {
    let mut state = 1u32;
    let next = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..len).map(next).collect()
}

#[test]
fn an_archive_member_that_explodes_is_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("bomb.zip");
    // Begins as DICOM does, so that only the size can stop it.
    let begin = [&[0; 128][..], b"DICM"].concat();
    archive(&path, &[("zeros", &begin)], |entry| entry[24..28].copy_from_slice(&1_200_000_000u32.to_le_bytes()));
    let scanned = scan(&[path]);
    assert!(scanned.headers.is_empty());
    assert!(scanned.skipped.iter().any(|s| s.contains("allowed")), "{:?}", scanned.skipped);
}

#[test]
fn a_scan_inflates_no_pixels() {
    let pixels = element(0x7FE0, 0x0010, "OW", &noise(2048 * 2048));
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(&[grey(2048, ""), pixels.clone()].concat()).expect("memory");
    let packed = encoder.finish().expect("memory");
    let meta = [&[0; 128][..], b"DICM\x02\x00\x10\x00UI\x16\x001.2.840.10008.1.2.1.99"].concat();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = |name| folder.path().join(name);
    std::fs::write(path("whole"), [&meta[..], &packed].concat()).expect("a file");
    std::fs::write(path("half"), [&meta[..], &packed[..packed.len() / 2]].concat()).expect("a file");
    let plain = std::fs::read(file(&[grey(2048, ""), pixels]).path()).expect("a file");
    archive(&path("whole.zip"), &[("image", &plain)], |_| {});
    // The next block after the first half is none.
    archive(&path("half.zip"), &[("image", &plain)], |entry| entry[20..24].copy_from_slice(&2_000_000u32.to_le_bytes()));
    let scanned = scan(&[folder.path().to_owned()]);
    assert_eq!((scanned.headers.len(), &scanned.skipped), (4, &Vec::new()));
    let mut whole = Vec::new();
    for (object, header) in scanned.headers.iter().enumerate() {
        assert!(header.image.as_ref().is_some_and(|image| image.columns == 2048), "{}: {:?}", header.origin, header.kind);
        match scanned.decode(object, 0) {
            Ok(picture) => whole.push((header.origin.clone(), picture)),
            Err(error) => assert!(header.origin.starts_with("half") && error.to_string().contains("break off"), "{error}"),
        }
    }
    assert_eq!(whole.len(), 2);
    assert_eq!((whole[0].0.as_str(), whole[1].0.as_str()), ("whole", "whole.zip: image"));
    assert_eq!(whole[0].1.pixels, whole[1].1.pixels);
}

#[test]
fn members_that_are_not_what_their_archive_says_are_not_shown() {
    let image = std::fs::read(file(&[grey(4, ""), pixels(16)]).path()).expect("a file");
    let report = std::fs::read(file(&[text(8, 0x16, "UI", "1.2.840.10008.5.1.4.1.1.88.11")]).path()).expect("a file");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("changed.zip");
    archive(&path, &[("image", &image), ("report", &report), ("notes", b"no image")], |entry| entry[16] ^= 1);
    let scanned = scan(&[path]);
    let [image, report] = &scanned.headers[..] else { panic!("{:?}", scanned.headers) };
    let error = scanned.decode(0, 0).expect_err("the checksum is another").to_string();
    assert!(image.kind == ObjectKind::Image && error.contains("checksum"), "{:?}: {error}", image.kind);
    assert!(matches!(&report.kind, ObjectKind::Damaged(why) if why.contains("checksum")), "{:?}", report.kind);
}

#[test]
fn bare_codestreams_are_images_of_one_frame() {
    let Some(folder) = data("wg04/htj2k") else { return };
    let scanned = scan(&[folder.join("CT1.j2c"), folder.join("VL1.j2c")]);
    let sizes: Vec<_> = scanned
        .headers
        .iter()
        .map(|h| h.image.as_ref().expect("an image"))
        .map(|i| (i.columns, i.rows, i.format.samples))
        .collect();
    assert_eq!(sizes, [(512, 512, 1), (756, 486, 3)]);
    let raw = std::fs::read(data("wg04/raw/CT1.RAW").expect("the raw file")).expect("its bytes");
    let lightbox_source::Pixels::Integer(samples) = scanned.decode(0, 0).expect("a picture").pixels else { panic!("integers") };
    let bytes: Vec<u8> = (0..samples.len()).filter_map(|i| samples.get(i)).flat_map(|v| (v as u16).to_le_bytes()).collect();
    assert_eq!(bytes, raw);
}

#[test]
fn a_file_that_changed_since_the_scan_is_an_error() {
    let Some(file) = data("dicom/pydicom-core/CT_small.dcm") else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("ct.dcm");
    std::fs::copy(&file, &path).expect("a copy");
    let scanned = scan(std::slice::from_ref(&path));
    std::fs::write(&path, b"something else").expect("written over");
    assert!(matches!(scanned.decode(0, 0), Err(Error::NotFound { .. })));
    std::fs::remove_file(&path).expect("removed");
    assert!(matches!(scanned.decode(0, 0), Err(Error::NotFound { .. })));
}

#[test]
fn a_second_scan_keeps_numbers_and_a_stopped_one_ends() {
    let Some(folder) = data("dicom/dicomdir") else { return };
    let catalogue = Catalogue::new();
    let count = || {
        let seen = std::sync::Mutex::new(std::collections::BTreeSet::new());
        catalogue.scan(std::slice::from_ref(&folder), &Stop::default(), &|event| {
            if let ScanEvent::Object(header) = event {
                seen.lock().expect("no panic holds it").insert(header.id);
            }
        });
        seen.into_inner().expect("no panic holds it")
    };
    assert_eq!(count(), count());
    assert_eq!(catalogue.len(), 31);
    let stop = Stop::default();
    stop.stop();
    let summary = Catalogue::new().scan(&[folder], &stop, &|_| {});
    assert!(summary.stopped && summary.objects == 0);
}

#[test]
fn what_is_no_image_is_told_when_it_was_named() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("letter.txt");
    std::fs::write(&path, "Dear colleague,\n".repeat(40)).expect("a letter");
    let named = scan(&[path]);
    assert_eq!((named.headers.len(), named.skipped.len()), (0, 1));
    assert!(scan(&[folder.path().to_owned()]).skipped.is_empty(), "in a folder it is passed over");
    assert_eq!(scan(&[folder.path().join("nowhere")]).skipped.len(), 1);
}

#[test]
#[cfg(unix)]
fn links_that_lead_back_are_not_followed_and_said() {
    use std::os::unix::fs::symlink;
    let Some(file) = data("dicom/pydicom-core/CT_small.dcm") else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let inner = folder.path().join("inner");
    std::fs::create_dir(&inner).expect("a folder");
    symlink(&file, inner.join("link.dcm")).expect("a link to a file");
    symlink(folder.path(), inner.join("back")).expect("a link back");
    symlink(folder.path().join("nowhere"), inner.join("dangling")).expect("a link to nothing");
    let scanned = scan(&[folder.path().to_owned()]);
    assert_eq!(scanned.headers.len(), 1);
    let mut told = scanned.skipped;
    told.sort();
    assert!(told.len() == 2 && told[0].contains("back: ") && told[0].contains("not followed"), "{told:?}");
    assert!(told[1].contains("dangling: It could not be read"), "{told:?}");
}

#[test]
fn tags_are_a_nested_tree() {
    let Some(file) = data("dicom/multiframe/6_1.dcm") else { return };
    let scanned = scan(&[file]);
    let tree = scanned.catalogue.tags(scanned.headers[0].id).expect("a tree");
    assert_eq!(tree.note, None);
    let find = |name: &str| tree.elements.iter().find(|e| e.name == name).unwrap_or_else(|| panic!("no {name}"));
    assert_eq!(find("TransferSyntaxUID").value, "1.2.840.10008.1.2.1");
    let groups = find("PerFrameFunctionalGroupsSequence");
    assert_eq!(groups.children.len(), 6);
    assert!(groups.children[0].children.iter().any(|e| e.name == "PlanePositionSequence" && !e.children.is_empty()));
    assert_eq!(find("PixelData").length, 64 * 64 * 2 * 6);
}

fn copy_tree(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).expect("a folder").flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            std::fs::create_dir(&target).expect("a folder");
            copy_tree(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("a copy");
        }
    }
}

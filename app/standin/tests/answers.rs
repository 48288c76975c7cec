//! The server's answers, read over a socket with nothing but the bytes of HTTP.

use flate2::read::GzDecoder;
use lightbox_codec::{Backend, DecodeRequest, Decoder, Limits};
use lightbox_standin::{Corpus, DATASTORE, serve};
use serde_json::Value;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The folder of HTJ2K files, or `None` after saying loudly that the test is skipped.
fn data() -> Option<PathBuf> {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let folder = std::env::var_os("LIGHTBOX_DATA").map_or(default, PathBuf::from).join("dicom/htj2k-derived");
    if folder.is_dir() {
        return Some(folder);
    }
    let required = std::env::var("LIGHTBOX_REQUIRE").unwrap_or_default();
    assert!(!required.split(',').any(|r| r.trim() == "data"), "{} is required", folder.display());
    writeln!(std::io::stderr(), "SKIPPED stand-in: {} is not there; set LIGHTBOX_DATA", folder.display()).ok();
    None
}

/// Status, header text and body of one POST.
fn post(to: SocketAddr, path: &str, body: &str) -> (u16, String, Vec<u8>) {
    let mut socket = TcpStream::connect(to).expect("the server listens");
    let length = body.len();
    write!(socket, "POST {path} HTTP/1.1\r\nHost: {to}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}")
        .expect("sent");
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).expect("an answer");
    let end = answer.windows(4).position(|w| w == b"\r\n\r\n").expect("headers end");
    let head = String::from_utf8(answer[..end].to_vec()).expect("text").to_lowercase();
    let status = head.split(' ').nth(1).and_then(|s| s.parse().ok()).expect("a status");
    (status, head, answer[end + 4..].to_vec())
}

fn start(corpus: Arc<Corpus>) -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.set_nonblocking(true).expect("a plain socket");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        runtime.block_on(async { serve(tokio::net::TcpListener::from_std(listener).expect("a listener"), corpus).await })
    });
    address
}

#[test]
fn metadata_leads_to_frames_whose_samples_have_its_checksum() {
    let Some(folder) = data() else { return };
    let corpus = Arc::new(Corpus::load(&folder).expect("the folder is served"));
    let server = start(corpus.clone());
    let decoder = Decoder::new(Backend::Cpu).expect("the CPU can always decode");
    let mut frames = 0;
    for set in corpus.ids() {
        let (status, head, body) = post(server, &format!("/datastore/{DATASTORE}/imageSet/{set}/getImageSetMetadata"), "");
        assert_eq!(status, 200);
        assert!(head.contains("content-encoding: gzip"), "{head}");
        let mut json = String::new();
        GzDecoder::new(&body[..]).read_to_string(&mut json).expect("gzip");
        let document: Value = serde_json::from_str(&json).expect("JSON");
        assert_eq!((document["ImageSetID"].as_str(), document["DatastoreID"].as_str()), (Some(set), Some(DATASTORE)));
        assert!(document["Patient"]["DICOM"].get("PatientID").is_some(), "{json}");
        for (_, series) in document["Study"]["Series"].as_object().expect("series") {
            for (uid, instance) in series["Instances"].as_object().expect("instances") {
                assert_eq!(instance["DICOM"]["SOPInstanceUID"].as_str(), Some(uid.as_str()));
                for frame in instance["ImageFrames"].as_array().expect("frames") {
                    let request = format!("{{\"imageFrameId\":{}}}", frame["ID"]);
                    let (status, head, bytes) =
                        post(server, &format!("/datastore/{DATASTORE}/imageSet/{set}/getImageFrame"), &request);
                    assert_eq!(status, 200, "{head}");
                    assert_eq!(Some(bytes.len() as u64), frame["FrameSizeInBytes"].as_u64());
                    let image =
                        decoder.decode_interleaved(&bytes, &DecodeRequest::default(), &Limits::default()).expect("a codestream");
                    let lossy = instance["StoredTransferSyntaxUID"] == "1.2.840.10008.1.2.4.203";
                    assert!(head.contains(if lossy { "image/jphc" } else { "image/jph\r" }), "{head}");
                    let mut crc = flate2::Crc::new();
                    crc.update(if lossy { &bytes } else { image.samples.as_bytes() });
                    let full = &frame["PixelDataChecksumFromBaseToFullResolution"][0];
                    assert_eq!(full["Checksum"].as_u64(), Some(u64::from(crc.sum())));
                    assert_eq!(
                        (full["Width"].as_u64(), full["Height"].as_u64()),
                        (Some(image.width.into()), Some(image.height.into()))
                    );
                    assert_eq!(instance["DICOM"]["Columns"].as_u64(), Some(image.width.into()));
                    frames += 1;
                }
            }
        }
    }
    assert!(frames > 0);
}

#[test]
fn refusals_are_those_of_the_service() {
    let Some(folder) = data() else { return };
    let corpus = Arc::new(Corpus::load(&folder).expect("the folder is served"));
    let set = corpus.ids().next().expect("an image set").to_owned();
    let server = start(corpus);
    let nothing = "f".repeat(32);
    let frame = |id: &str| format!("{{\"imageFrameId\":\"{id}\"}}");
    let cases = [
        (format!("/datastore/{DATASTORE}/imageSet/{nothing}/getImageSetMetadata"), String::new(), 404, "resourcenotfoundexception"),
        (format!("/datastore/{nothing}/imageSet/{set}/getImageSetMetadata"), String::new(), 404, "resourcenotfoundexception"),
        (format!("/datastore/{DATASTORE}/imageSet/SHORT/getImageFrame"), frame(&nothing), 400, "validationexception"),
        (format!("/datastore/{DATASTORE}/imageSet/{set}/getImageFrame"), frame(&nothing), 404, "resourcenotfoundexception"),
        (format!("/datastore/{DATASTORE}/imageSet/{set}/getImageFrame"), "{}".into(), 400, "validationexception"),
        (format!("/datastore/{DATASTORE}/imageSet/{set}/getImageFrame"), "no JSON".into(), 400, "validationexception"),
    ];
    for (path, body, status, kind) in cases {
        let (got, head, answer) = post(server, &path, &body);
        assert_eq!(got, status, "{path} {body}");
        assert!(head.contains(&format!("x-amzn-errortype: {kind}")), "{head}");
        let answer: Value = serde_json::from_slice(&answer).expect("JSON");
        assert!(answer["message"].as_str().is_some_and(|m| !m.is_empty()));
    }
}

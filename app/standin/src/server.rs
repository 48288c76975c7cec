//! The HTTP side: paths, content types and errors of the service's API model.

use crate::{Corpus, Error};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use tokio::net::TcpListener;

/// The one data store there is.
pub const DATASTORE: &str = "0000000000000000000000000011b0c5";
/// Header in which the service names the error.
const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");

/// Answers requests until the listener fails.
///
/// # Errors
/// What the listener reports.
pub async fn serve(listener: TcpListener, corpus: Arc<Corpus>) -> std::io::Result<()> {
    axum::serve(listener, router(corpus)).await
}

/// Serves a folder on a port of the loopback address (0 for any free one) and blocks; `ready` is told the address and the corpus once
/// requests are answered.
///
/// # Errors
/// The folder cannot be served, or the port cannot be used.
pub fn serve_folder(folder: &std::path::Path, port: u16, ready: impl FnOnce(SocketAddr, &Corpus)) -> Result<(), Error> {
    let corpus = Arc::new(Corpus::load(folder)?);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).thread_name("standin").enable_all().build();
    let result = runtime.and_then(|runtime| {
        runtime.block_on(async {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
            ready(listener.local_addr()?, &corpus);
            serve(listener, corpus).await
        })
    });
    result.map_err(|why| Error::Port { port, why })
}

/// The routes over a corpus.
pub fn router(corpus: Arc<Corpus>) -> Router {
    Router::new()
        .route("/datastore/{datastore}/imageSet/{set}/getImageSetMetadata", post(metadata))
        .route("/datastore/{datastore}/imageSet/{set}/getImageFrame", post(frame))
        .with_state(corpus)
}

/// What the service answers when it cannot give what was asked for.
struct Refusal(StatusCode, &'static str, String);

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let Self(status, kind, message) = self;
        (status, [(ERROR_TYPE, kind)], json!({ "message": message }).to_string()).into_response()
    }
}

fn not_found(what: &str, id: &str) -> Refusal {
    Refusal(StatusCode::NOT_FOUND, "ResourceNotFoundException", format!("there is no {what} {id}"))
}

fn invalid(why: &str) -> Refusal {
    Refusal(StatusCode::BAD_REQUEST, "ValidationException", why.to_owned())
}

/// IDs are 32 digits and lower-case letters.
fn valid(id: &str) -> bool {
    id.len() == 32 && id.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_lowercase())
}

fn image_set<'a>(corpus: &'a Corpus, datastore: &str, set: &str) -> Result<&'a crate::ImageSet, Refusal> {
    if !valid(datastore) || !valid(set) {
        return Err(invalid("an ID has 32 digits and lower-case letters"));
    }
    if datastore != DATASTORE {
        return Err(not_found("data store", datastore));
    }
    corpus.image_set(set).ok_or_else(|| not_found("image set", set))
}

async fn metadata(State(corpus): State<Arc<Corpus>>, Path((datastore, set)): Path<(String, String)>) -> Result<Response, Refusal> {
    let set = image_set(&corpus, &datastore, &set)?;
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    let failed = |e: std::io::Error| Refusal(StatusCode::INTERNAL_SERVER_ERROR, "InternalServerException", e.to_string());
    gzip.write_all(&set.metadata).map_err(failed)?;
    let body = gzip.finish().map_err(failed)?;
    Ok(([(header::CONTENT_TYPE, "application/json"), (header::CONTENT_ENCODING, "gzip")], body).into_response())
}

async fn frame(
    State(corpus): State<Arc<Corpus>>,
    Path((datastore, set)): Path<(String, String)>,
    body: Bytes,
) -> Result<Response, Refusal> {
    let set = image_set(&corpus, &datastore, &set)?;
    let request: Value = serde_json::from_slice(&body).map_err(|_| invalid("the body is not JSON"))?;
    let id = request["imageFrameId"].as_str().filter(|id| valid(id)).ok_or_else(|| invalid("imageFrameId is missing or no ID"))?;
    let frame = set.frame(id).ok_or_else(|| not_found("image frame", id))?;
    let kind = if frame.lossy { "image/jphc" } else { "image/jph" };
    Ok(([(header::CONTENT_TYPE, kind)], frame.bytes.clone()).into_response())
}

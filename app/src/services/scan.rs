//! The thread that looks through files and folders. What it finds goes to the viewer in small batches while it still looks.

use super::shared::{Shared, lock};
use crate::event::{Event, ScanSummary};
use lightbox_model::study::{ObjectHeader, ObjectKind};
use lightbox_source::{Catalogue, ScanEvent, Stop};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Something to be opened.
#[derive(Clone, Debug)]
pub enum Request {
    /// Files and folders.
    Paths(Vec<PathBuf>),
    /// The built-in demo study.
    Demo,
}

/// Most objects in one batch, and the longest that one waits for its batch to fill.
const BATCH: usize = 64;
const LINGER: Duration = Duration::from_millis(50);
/// Unreadable files that are named; of more their number says enough.
const UNREAD: usize = 1000;

/// A request with what it runs on.
struct Job {
    request: Request,
    catalogue: Arc<Catalogue>,
    stop: Stop,
    generation: u64,
}

/// The thread.
pub fn run(shared: &Arc<Shared>) {
    // Threads of its own: a scan may wait for a slow disk, and decoding must not wait with it.
    let pool = match shared.pool("lightbox-scan") {
        Ok(pool) => pool,
        Err(sentence) => return shared.post(Event::Notice(sentence)),
    };
    while let Some(job) = shared.wait_errands(|state| {
        let request = state.scans.pop_front()?;
        state.scanning = Some((0, 0));
        Some(Job { request, catalogue: state.catalogue.clone(), stop: state.scan_stop.clone(), generation: state.generation })
    }) {
        let result = shared.guarded("opening", || pool.install(|| scan(shared, &job)));
        {
            let mut state = shared.state();
            if state.scans.is_empty() {
                state.scanning = None;
            }
        }
        if let Err(detail) = result {
            let sentence = "It could not be opened.".to_owned();
            shared.post_of(job.generation, Event::OpenFailed { what: job.request.name(), sentence, detail });
        }
        shared.work.notify_all();
        shared.waker.now();
    }
}

impl Request {
    /// What is being opened, for people.
    fn name(&self) -> String {
        match self {
            Self::Demo => "Demo study".into(),
            Self::Paths(paths) => match paths.as_slice() {
                [one] => one.file_name().unwrap_or(one.as_os_str()).to_string_lossy().into_owned(),
                many => format!("{} files and folders", many.len()),
            },
        }
    }
}

/// What has been found and not yet sent.
struct Batch {
    objects: Vec<Arc<ObjectHeader>>,
    /// Names of what could not be read, and the reasons.
    unread: Vec<(String, String)>,
    since: Instant,
    summary: ScanSummary,
    progress_sent: Instant,
}

fn scan(shared: &Shared, job: &Job) {
    let start = Instant::now();
    let (objects, unread, summary) = Default::default();
    let batch = Mutex::new(Batch { objects, unread, since: start, summary, progress_sent: start });
    let root = job.request.name();
    let on = |event: ScanEvent| take(shared, job, &root, &batch, event);
    match &job.request {
        Request::Paths(paths) => {
            job.catalogue.scan(paths, &job.stop, &on);
        }
        Request::Demo => lightbox_source::demo::open(&job.catalogue, &job.stop, &on),
    }
    let Batch { objects, unread, mut summary, .. } = batch.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    send(shared, job, objects);
    summary.took = start.elapsed();
    if summary.images + summary.others + summary.damaged > 0 {
        if !unread.is_empty() {
            shared.post_of(job.generation, Event::Unread(unread));
        }
    } else if !job.stop.is_stopped() {
        let sentence = match &unread[..] {
            [(_, reason)] if summary.skipped == 1 => reason.clone(),
            _ => "No medical images were found there.".to_owned(),
        };
        let detail = format!("{} files were looked at; none is DICOM or a JPEG 2000 codestream.", summary.skipped);
        shared.post_of(job.generation, Event::OpenFailed { what: root, sentence, detail });
    }
    shared.post_of(job.generation, Event::ScanFinished(summary));
}

/// One piece of news from the scan; called by several threads at once.
fn take(shared: &Shared, job: &Job, root: &str, batch: &Mutex<Batch>, event: ScanEvent) {
    let mut full = None;
    let mut progress = None;
    match event {
        ScanEvent::Object(header) => {
            shared.state().found(job.generation, &header);
            let mut batch = lock(batch);
            match header.kind {
                ObjectKind::Image => batch.summary.images += 1,
                ObjectKind::Other(_) => batch.summary.others += 1,
                ObjectKind::Damaged(_) => batch.summary.damaged += 1,
            }
            let first = batch.summary.images + batch.summary.others + batch.summary.damaged == 1;
            if batch.objects.is_empty() {
                batch.since = Instant::now();
            }
            batch.objects.push(header);
            if first || batch.objects.len() >= BATCH || batch.since.elapsed() >= LINGER {
                full = Some(std::mem::take(&mut batch.objects));
            }
        }
        ScanEvent::Skipped { origin, reason } => {
            let mut batch = lock(batch);
            batch.summary.skipped += 1;
            if batch.unread.len() < UNREAD {
                batch.unread.push((origin, reason));
            }
        }
        ScanEvent::Progress { files, done } => {
            shared.state().scan_progress(job.generation, done, files);
            let mut batch = lock(batch);
            if batch.progress_sent.elapsed() >= LINGER {
                batch.progress_sent = Instant::now();
                progress = Some(Event::ScanProgress { files, done, root: root.to_owned() });
            }
        }
    }
    // Sent without the lock: a full channel may hold this thread up.
    if let Some(objects) = full {
        send(shared, job, objects);
    }
    if let Some(progress) = progress {
        shared.post_of(job.generation, progress);
    }
}

fn send(shared: &Shared, job: &Job, objects: Vec<Arc<ObjectHeader>>) {
    if !objects.is_empty() {
        shared.post_of(job.generation, Event::Objects(objects));
        shared.waker.soon();
        shared.notify_work();
    }
}

//! The system's own file dialogues, answered on a thread of their own: the window never waits for them.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};
use std::time::{Duration, Instant};

/// What a person is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// One or more files: images, codestreams, a DICOMDIR, a .zip.
    Files,
    /// A folder, read with everything in it.
    Folder,
}

/// What came of it.
#[derive(Debug, PartialEq, Eq)]
pub enum Answer {
    /// These were chosen; at least one.
    Chosen(Vec<PathBuf>),
    /// The person thought better of it.
    Cancelled,
    /// This desktop has no dialogue to show.
    Unavailable,
}

/// No hand cancels faster than this: an empty answer sooner means that there was no dialogue.
const FASTEST_HAND: Duration = Duration::from_millis(250);

/// At most one dialogue at a time.
#[derive(Default)]
pub struct Dialogs {
    waiting: Option<Receiver<Answer>>,
}

impl Dialogs {
    /// Opens a dialogue, unless one is open already.
    pub fn ask(&mut self, ctx: &egui::Context, ask: Ask) {
        if self.waiting.is_some() {
            return;
        }
        // The future is made here because some systems want that on the main thread; it is awaited elsewhere.
        let dialog = rfd::AsyncFileDialog::new();
        let (sender, receiver) = sync_channel(1);
        let ctx = ctx.clone();
        let wait: Box<dyn FnOnce() -> Vec<PathBuf> + Send> = match ask {
            Ask::Files => {
                let future = dialog.set_title("Open images").pick_files();
                Box::new(move || pollster::block_on(future).unwrap_or_default().iter().map(|f| f.path().to_owned()).collect())
            }
            Ask::Folder => {
                let future = dialog.set_title("Open a folder of images").pick_folder();
                Box::new(move || pollster::block_on(future).iter().map(|f| f.path().to_owned()).collect())
            }
        };
        let thread = std::thread::Builder::new().name("file dialogue".into()).spawn(move || {
            let asked = Instant::now();
            let paths = wait();
            let answer = match paths.is_empty() {
                false => Answer::Chosen(paths),
                true if asked.elapsed() < FASTEST_HAND => Answer::Unavailable,
                true => Answer::Cancelled,
            };
            // The window may be gone by now; then nobody needs the answer.
            let _ = sender.send(answer);
            ctx.request_repaint();
        });
        if thread.is_ok() {
            self.waiting = Some(receiver);
        }
    }

    /// The answer, once there is one.
    pub fn answer(&mut self) -> Option<Answer> {
        let answer = match self.waiting.as_ref()?.try_recv() {
            Ok(answer) => answer,
            Err(TryRecvError::Empty) => return None,
            Err(TryRecvError::Disconnected) => Answer::Unavailable,
        };
        self.waiting = None;
        Some(answer)
    }
}

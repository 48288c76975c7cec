//! Both sides beside each other, as text and as JSON.

use super::rows::{Row, Work};
use std::fmt::Write;

/// What was measured on what.
pub struct Table {
    /// Graphics card and driver.
    pub device: String,
    /// Rows of ours.
    pub ours: Vec<Row>,
    /// Rows of the peer; empty where it could not be built.
    pub peer: Vec<Row>,
}

impl Work {
    fn name(&self) -> String {
        let stem = self.file.rsplit_once('.').map_or(&*self.file, |(stem, _)| stem);
        match (self.tile, self.batch) {
            (true, _) => format!("one tile of {stem}"),
            (false, 1) => format!("{stem}, one"),
            (false, n) => format!("{stem}, {n}"),
        }
    }
}

impl Table {
    fn peer(&self, work: &Work) -> Option<&Row> {
        self.peer.iter().find(|row| row.work == *work)
    }

    /// A table for people.
    pub fn text(&self) -> String {
        let mut text =
            format!("{}\nhost bytes to pixels on the device, ms for an image: medians (10th to 90th percentile)\n\n", self.device);
        let _ = writeln!(text, "{:<22}{:>30}{:>30}{:>8}{:>11}", "work", "Lightbox", "nvJPEG2000", "ratio", "mJ/image");
        let times = |row: &Row| format!("{:.4} ({:.4} to {:.4})", row.times.median, row.times.p10, row.times.p90);
        for row in &self.ours {
            let peer = self.peer(&row.work);
            let ratio = peer.map_or("-".into(), |peer| format!("{:.2}", peer.times.median / row.times.median));
            let energy = row.times.joules.map_or("-".into(), |joules| format!("{:.3}", joules * 1e3));
            let theirs = peer.map_or("-".into(), times);
            let _ = writeln!(text, "{:<22}{:>30}{theirs:>30}{ratio:>8}{energy:>11}", row.work.name(), times(row));
        }
        for row in self.peer.iter().filter(|row| !self.ours.iter().any(|ours| ours.work == row.work)) {
            let _ = writeln!(text, "{:<22}{:>30}{:>30}{:>8}{:>11}", row.work.name(), "not decoded", times(row), "-", "-");
        }
        text
    }

    /// The same for programs; `more` is put in as further keys.
    pub fn json(&self, more: &str) -> String {
        let side = |row: Option<&Row>| {
            row.map_or("null".to_owned(), |Row { times, .. }| {
                let joules = times.joules.map_or("null".to_owned(), |j| j.to_string());
                format!("{{\"median_ms\":{},\"p10_ms\":{},\"p90_ms\":{},\"joules\":{joules}}}", times.median, times.p10, times.p90)
            })
        };
        let mut works: Vec<&Work> = Vec::new();
        for row in self.ours.iter().chain(&self.peer).filter(|row| !row.work.file.contains(['"', '\\'])) {
            if !works.contains(&&row.work) {
                works.push(&row.work);
            }
        }
        let rows = works.into_iter().map(|work| {
            let (ours, peer) = (self.ours.iter().find(|row| row.work == *work), self.peer(work));
            let ratio = ours.zip(peer).map_or("null".to_owned(), |(a, b)| (b.times.median / a.times.median).to_string());
            format!(
                "    {{\"file\":\"{}\",\"batch\":{},\"tile\":{},\"lightbox\":{},\"nvjpeg2000\":{},\"ratio\":{ratio}}}",
                work.file,
                work.batch,
                work.tile,
                side(ours),
                side(peer)
            )
        });
        let rows: Vec<String> = rows.collect();
        let device = self.device.replace(['"', '\\'], " ");
        format!("{{\n  \"device\":\"{device}\",\n  \"rows\":[\n{}\n  ]{more}\n}}\n", rows.join(",\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gpu::rows::Times;

    fn row(batch: usize, median: f64, joules: Option<f64>) -> Row {
        let work = Work { file: "CT1.j2c".into(), batch, tile: false };
        Row { work, times: Times { median, p10: median, p90: median, joules } }
    }

    #[test]
    fn a_ratio_above_one_means_that_we_are_faster() {
        let table = Table {
            device: "a GPU".into(),
            ours: vec![row(1, 0.5, Some(0.01))],
            peer: vec![row(1, 1.0, None), row(64, 2.0, None)],
        };
        let text = table.text();
        let line = |start: &str| text.lines().find(|line| line.starts_with(start)).unwrap().to_owned();
        assert!(line("CT1, one").contains("2.00") && line("CT1, one").contains("10.000"), "{text}");
        assert!(line("CT1, 64").contains("not decoded"), "{text}");
        let json = table.json("");
        assert!(json.contains("\"ratio\":2}") && json.contains("\"lightbox\":null"), "{json}");
    }
}

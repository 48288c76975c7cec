//! What the images of a busy hospital cost: 500 DICOM files a minute around the clock.

use super::rows::Row;

/// Files a minute of each kind, and the file that stands for them. A mix chosen by us: most of what a hospital stores are slices of
/// CT and MR.
const MIX: [(&str, u32, &str); 5] = [
    ("CT1.j2c", 400, "slices of CT and MR, 512 x 512"),
    ("XA1.j2c", 40, "angiography, 1024 x 1024"),
    ("RG2.j2c", 35, "radiographs, 1760 x 2140"),
    ("VL1.j2c", 20, "ultrasound and visible light, 756 x 486 RGB"),
    ("MG1.j2c", 5, "mammograms, 3064 x 4664"),
];
const MINUTES: f64 = 24.0 * 60.0;
/// Images at once: what comes in within a few seconds.
const BATCH: usize = 64;

/// GPU seconds and, where it was counted, energy of a day; `None` where a kind was not measured.
pub struct Day {
    /// Seconds that the GPU is busy.
    pub seconds: f64,
    /// Kilowatt-hours that it takes then.
    pub energy: Option<f64>,
}

impl Day {
    /// Sums up what each kind takes in the largest batch of at most [`BATCH`] that was measured.
    pub fn of(rows: &[Row]) -> Option<Self> {
        let (mut seconds, mut joules) = (0.0, Some(0.0));
        for (file, a_minute, _) in MIX {
            let fitting = rows.iter().filter(|row| row.work.file == file && !row.work.tile && row.work.batch <= BATCH);
            let times = fitting.max_by_key(|row| row.work.batch)?.times;
            let files = f64::from(a_minute) * MINUTES;
            seconds += files * times.median / 1e3;
            joules = joules.and_then(|sum| Some(sum + files * times.joules?));
        }
        Some(Self { seconds, energy: joules.map(|j| j / 3.6e6) })
    }

    /// Sentences for people.
    pub fn text(ours: Option<&Self>, peer: Option<&Self>) -> String {
        let kinds: Vec<String> = MIX.iter().map(|(_, count, what)| format!("{count} {what}")).collect();
        let total: u32 = MIX.iter().map(|(_, count, _)| count).sum();
        let mut text = format!("\n{total} DICOM files a minute, day and night, in batches of {BATCH}: {}.\n", kinds.join("; "));
        for (name, day) in [("Lightbox", ours), ("nvJPEG2000", peer)] {
            let Some(day) = day else { continue };
            let energy = day.energy.map_or(String::new(), |kwh| format!(", {:.1} Wh", kwh * 1e3));
            text += &format!("{name:<11}{:.1} GPU seconds a day{energy}\n", day.seconds);
        }
        text
    }

    /// A further key of the table's JSON.
    pub fn json(ours: Option<&Self>, peer: Option<&Self>) -> String {
        let day = |day: Option<&Self>| {
            day.map_or("null".to_owned(), |day| {
                let energy = day.energy.map_or("null".to_owned(), |kwh| kwh.to_string());
                format!("{{\"gpu_seconds\":{},\"kwh\":{energy}}}", day.seconds)
            })
        };
        let mix: Vec<String> = MIX.iter().map(|(file, count, _)| format!("\"{file}\":{count}")).collect();
        format!(",\n  \"day\":{{\"files_a_minute\":{{{}}},\"lightbox\":{},\"nvjpeg2000\":{}}}", mix.join(","), day(ours), day(peer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gpu::rows::{Times, Work};

    #[test]
    fn a_day_is_the_sum_of_its_files() {
        assert_eq!(MIX.iter().map(|(_, count, _)| count).sum::<u32>(), 500);
        let row = |file: &str, batch, median, joules| Row {
            work: Work { file: file.into(), batch, tile: false },
            times: Times { median, p10: median, p90: median, joules },
        };
        let mut rows: Vec<Row> = MIX.iter().map(|(file, ..)| row(file, 64, 1.0, Some(0.05))).collect();
        rows.push(row("CT1.j2c", 256, 0.1, None));
        rows.push(row("CT1.j2c", 1, 9.0, None));
        let day = Day::of(&rows).unwrap();
        assert!((day.seconds - 720.0).abs() < 1e-6 && (day.energy.unwrap() - 0.01).abs() < 1e-9);
        rows.retain(|row| row.work.file != "MG1.j2c");
        assert!(Day::of(&rows).is_none());
    }
}

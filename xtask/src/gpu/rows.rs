//! Rows that `lightbox bench --json` and the peer print, an object of JSON a line.

/// The value of a key that holds text without escapes.
pub fn text<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    value(line, key)?.strip_prefix('"')?.split('"').next()
}

/// The value of a key that holds a number.
pub fn number(line: &str, key: &str) -> Option<f64> {
    value(line, key)?.split([',', '}', ']']).next()?.trim().parse().ok()
}

/// What follows a key.
fn value<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    Some(line.split_once(&format!("\"{key}\":"))?.1.trim_start())
}

/// Which work a row is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Work {
    /// Name of the file.
    pub file: String,
    /// Images at once.
    pub batch: usize,
    /// Whether one tile of it is decoded.
    pub tile: bool,
}

/// Times of one image, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Times {
    /// Median.
    pub median: f64,
    /// 10th percentile.
    pub p10: f64,
    /// 90th percentile.
    pub p90: f64,
    /// Joules of one image, where they were counted.
    pub joules: Option<f64>,
}

/// A row, read.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// What was done.
    pub work: Work,
    /// How long it took.
    pub times: Times,
}

impl Row {
    /// Reads a row; `None` for one that has no times, as of a batch that was left out.
    pub fn parse(line: &str) -> Option<Self> {
        let file = text(line, "file")?.rsplit(['/', '\\']).next()?.to_owned();
        let batch = number(line, "batch")? as usize;
        // Ours are regions that the caller knows to be tiles.
        let tile =
            value(line, "tile").is_some_and(|v| v.starts_with("true")) || value(line, "region").is_some_and(|v| v.starts_with('['));
        let each = |key| Some(number(line, key)? / batch.max(1) as f64);
        let times = Times {
            median: each("median_ms")?,
            p10: each("p10_ms")?,
            p90: each("p90_ms")?,
            joules: number(line, "joules_per_image"),
        };
        Some(Self { work: Work { file, batch, tile }, times })
    }

    /// The fastest row for each work, in the order of their first.
    pub fn best(lines: &str) -> Vec<Self> {
        let mut best: Vec<Self> = Vec::new();
        for row in lines.lines().filter_map(Self::parse) {
            match best.iter_mut().find(|known| known.work == row.work) {
                None => best.push(row),
                Some(known) if row.times.median < known.times.median => *known = row,
                Some(_) => {}
            }
        }
        best
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = r#"{"file":"data/bench/CT1.j2c","frames":1,"median_ms":3.2,"p10_ms":1.6,"p90_ms":6.4,"machine":{"cpu":"x","cores":16},"batch":16,"joules_per_image":0.004,"region":null,"reduce":0}"#;
    const PEER: &str = r#"{"file":"CT1.j2c","batch":16,"tile":false,"threads":4,"median_ms":8.00000,"p10_ms":8.0,"p90_ms":8.0}"#;

    #[test]
    fn rows_of_both_sides_are_of_the_same_work() {
        let (ours, peer) = (Row::parse(OURS).unwrap(), Row::parse(PEER).unwrap());
        assert_eq!(ours.work, peer.work);
        assert_eq!(ours.times, Times { median: 0.2, p10: 0.1, p90: 0.4, joules: Some(0.004) });
        assert_eq!((peer.times.median, peer.times.joules), (0.5, None));
        assert!(Row::parse(&OURS.replace("\"region\":null", "\"region\":[0,0,512,512]")).unwrap().work.tile);
        assert_eq!(Row::parse(r#"{"file":"a","batch":256,"left_out":"too large"}"#), None);
    }

    #[test]
    fn the_fastest_way_counts() {
        let slow = PEER.replace("8.00000", "9.5");
        let fast = PEER.replace("8.00000", "4.0");
        let best = Row::best(&[PEER, &slow, &fast, "no JSON", OURS].join("\n"));
        assert_eq!(best.len(), 1);
        assert_eq!(best[0].times.median, 0.2);
    }
}

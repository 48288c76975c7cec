//! Names of outputs: they mirror the tree of the inputs.

use std::path::{Component, Path, PathBuf};

/// Gives outputs their names below a folder. Each stands where its input stands below the deepest folder that all inputs share.
pub struct Names<'a> {
    /// That folder, absolute.
    shared: PathBuf,
    folder: &'a Path,
    extension: &'a str,
}

impl<'a> Names<'a> {
    /// For `inputs`, which are files or folders, below `folder`. The names end in `extension`.
    pub fn new(inputs: &[PathBuf], folder: &'a Path, extension: &'a str) -> Self {
        let folder_of = |input: &PathBuf| {
            let absolute = absolute(input);
            if input.is_dir() { absolute } else { absolute.parent().map(Path::to_owned).unwrap_or_default() }
        };
        let shared = inputs.iter().map(folder_of).reduce(|a, b| shared(&a, &b)).unwrap_or_default();
        Self { shared, folder, extension }
    }

    /// Where the output of an object stands, which lies in the file `path`, or in a `member` of the archive that it is. That of an
    /// object of one frame is a file, `scan.dcm.npy`; that of one of several frames a folder, `cine.dcm`.
    pub fn place(&self, path: &Path, member: Option<&str>, frames: u32) -> PathBuf {
        let path = absolute(path);
        let below = path.strip_prefix(&self.shared).unwrap_or(&path);
        let mut place = self.folder.to_owned();
        // What lies elsewhere, as files of a DICOMDIR may, keeps its folders without the root.
        place.extend(below.components().filter(|part| matches!(part, Component::Normal(_))));
        // An archive's names are a stranger's: nothing in them leads out of its folder.
        place.extend(member.into_iter().flat_map(|name| name.split(['/', '\\'])).filter(|part| !matches!(*part, "" | "." | "..")));
        if frames > 1 { place } else { self.with_extension(place) }
    }

    /// The output of frame number `frame` of `frames` of an object whose place is `place`: in a folder `frame-07.npy`.
    pub fn output(&self, place: &Path, frame: u32, frames: u32) -> PathBuf {
        if frames == 1 {
            return place.to_owned();
        }
        let digits = (frames - 1).to_string().len();
        self.with_extension(place.join(format!("frame-{frame:0digits$}")))
    }

    fn with_extension(&self, mut path: PathBuf) -> PathBuf {
        let name = path.as_mut_os_string();
        name.push(".");
        name.push(self.extension);
        path
    }
}

/// A path without `.` and `..`, as far as that can be seen from its words alone.
pub fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(plain.components().next_back(), Some(Component::Normal(_))) => _ = plain.pop(),
            part => plain.push(part),
        }
    }
    if plain.as_os_str().is_empty() { PathBuf::from(".") } else { plain }
}

/// From the root, and [`plain`].
fn absolute(path: &Path) -> PathBuf {
    plain(&std::path::absolute(path).unwrap_or_else(|_| path.to_owned()))
}

/// What two paths begin with.
fn shared(a: &Path, b: &Path) -> PathBuf {
    a.components().zip(b.components()).take_while(|(a, b)| a == b).map(|(a, _)| a).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outputs(inputs: &[&str], of: &[&str]) -> Vec<String> {
        let inputs: Vec<PathBuf> = inputs.iter().map(PathBuf::from).collect();
        let names = Names::new(&inputs, Path::new("out"), "npy");
        of.iter().map(|path| names.place(Path::new(path), None, 1).display().to_string().replace('\\', "/")).collect()
    }

    #[test]
    fn files_of_one_name_in_different_folders_stay_apart() {
        assert_eq!(outputs(&["a/x.dcm"], &["a/x.dcm"]), ["out/x.dcm.npy"]);
        assert_eq!(outputs(&["a/x.dcm", "./b/../b/x.dcm"], &["a/x.dcm", "b/x.dcm"]), ["out/a/x.dcm.npy", "out/b/x.dcm.npy"]);
        assert_eq!(outputs(&["a/x.dcm", "a/b/x.j2c"], &["a/x.dcm", "a/b/x.j2c"]), ["out/x.dcm.npy", "out/b/x.j2c.npy"]);
    }

    #[test]
    fn frames_sort_and_archives_lead_nowhere() {
        let names = Names::new(&[PathBuf::from("a/x.zip")], Path::new("out"), "png");
        let output = |member, frame, frames| {
            let place = names.place(Path::new("a/x.zip"), member, frames);
            names.output(&place, frame, frames).display().to_string().replace('\\', "/")
        };
        assert_eq!(output(Some("../../etc/./cine.dcm"), 7, 101), "out/x.zip/etc/cine.dcm/frame-007.png");
        assert_eq!(output(Some("/b\\c.dcm"), 0, 1), "out/x.zip/b/c.dcm.png");
        assert_eq!(output(None, 0, 10), "out/x.zip/frame-0.png");
    }

    #[test]
    fn words_that_mean_nothing_are_left_out() {
        for (path, expected) in [("./a/../b", "b"), ("../a", "../a"), ("..", ".."), ("a/..", "."), ("../../x/..", "../..")] {
            assert_eq!(plain(Path::new(path)), Path::new(expected), "{path}");
        }
    }
}

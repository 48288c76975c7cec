//! What can be typed. The texts here are the manual.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Look at medical images: radiology and pathology, with HTJ2K decoded at speed.
#[derive(Debug, Parser)]
#[command(
    name = "lightbox",
    version,
    args_conflicts_with_subcommands = true,
    disable_help_subcommand = true,
    max_term_width = 100,
    after_help = "The name of a command wins over a file of the same name: write ./info to open a file called `info`.\n\
                  Every command exits with 0 only when its output is whole, otherwise with 1 and one line on standard error.\n\
                  Data that are cut off give the finest complete picture of what is there, with a warning line; --strict of\n\
                  `decode` makes it an error.\n\
                  LIGHTBOX_LOG=info (or debug) shows what the program is doing."
)]
pub struct Cli {
    /// What to do; without it the viewer opens.
    #[command(subcommand)]
    pub command: Option<Command>,

    /// Files, folders, DICOMDIRs, .zip archives or bare codestreams to open in the viewer.
    #[arg(value_name = "OPEN")]
    pub open: Vec<PathBuf>,

    /// How the viewer decodes.
    #[command(flatten)]
    pub decoding: Decoding,

    /// Write the viewer's timings to this file once everything is loaded, then exit.
    #[arg(long, value_name = "OUT.json", hide = true)]
    pub bench_report: Option<PathBuf>,

    /// With --bench-report: repaint without pause and report the gaps between repaints instead.
    #[arg(long, hide = true, requires = "bench_report")]
    pub bench_animate: bool,
}

/// How the viewer decodes.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct Decoding {
    /// Where HTJ2K is decoded.
    #[arg(long, value_enum, default_value_t)]
    pub backend: Backend,
    /// Let pictures of a GPU come over main memory instead of straight into graphics memory.
    #[arg(long)]
    pub no_zero_copy: bool,
}

/// The commands besides the viewer.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Open the viewer on the built-in demo study, a phantom made at run time.
    Demo(Demo),
    /// Say what a codestream or DICOM file is.
    Info(Info),
    /// Write the stored sample values of one frame.
    Decode(Decode),
    /// Measure how fast files decode.
    Bench(Bench),
    /// Draw the picture of a viewport off-screen into a PNG.
    Snapshot(Snapshot),
    /// Turn DICOM files into HTJ2K without loss.
    Transcode(Transcode),
    /// Serve a folder of HTJ2K DICOM files on this machine as AWS HealthImaging would, for tests.
    Serve(Serve),
    /// Open an empty window, write the time of its first frame, exit: what the viewer's start is compared to.
    #[command(hide = true)]
    BenchWindow {
        /// Where the time is written.
        #[arg(value_name = "OUT.json")]
        output: PathBuf,
    },
}

/// `lightbox demo`
#[derive(Debug, Args)]
pub struct Demo {
    /// Draw the demo study off-screen into this PNG instead of opening a window.
    #[arg(long, value_name = "OUT.png")]
    pub snapshot: Option<PathBuf>,
    /// How the viewer decodes.
    #[command(flatten)]
    pub decoding: Decoding,
}

/// `lightbox info`
#[derive(Debug, Args)]
#[command(after_help = "\
Keys of --json; new keys may be added, these stay:
  file, bytes, kind: \"codestream\" or \"dicom\"
  codestream: container (\"raw\", \"jp2\", \"jph\"), width, height, origin [x, y], tile_size [w, h], tile_origin [x, y],
    tiles [across, down], tile_parts, components [{bits, signed, dx, dy, width, height}], levels, progression, layers,
    code_block [w, h], wavelet (\"5/3\", \"9/7\"), block_coding (\"HT\", \"MQ\", \"mixed\"), ht (bool), colour_transform,
    precincts [[log2 w, log2 h]], guard_bits, sop, eph, offset, length, markers [{name, code, offset, length}],
    complete (bool; null where the packets cannot be read), reach: null, or how far data that are cut off make a picture
      {byte: where they end, missing: bytes at least, exact_reduction: the least --reduce that gives what the whole file
      would or null, layers: quality layers at every resolution, tiles: how many lack data}
  dicom: sop_class, modality, transfer_syntax, transfer_syntax_name, frames, rows, columns, samples_per_pixel, bits_allocated,
    bits_stored, high_bit, signed, float, planar, photometric, lossy, defect; codestream of frame 0 is given as above, or null
  dicom without an image: object, the kind of object it is")]
pub struct Info {
    /// A bare codestream (.j2c .j2k .jph .jp2) or a DICOM file.
    pub file: PathBuf,
    /// Write JSON instead of text.
    #[arg(long)]
    pub json: bool,
}

/// `lightbox decode`
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
The end of OUT's name chooses the format. With --output-dir every frame of every INPUT becomes a file of its own below DIR: all
files of a folder and the folders below it, members of a .zip, files that a DICOMDIR lists. Outputs stand as their inputs do below
the deepest folder that all inputs share, by the same name with .npy or .png behind it; an object of several frames becomes a
folder of that name, with frame-N in it. Files that are there are kept, and the frame counts as failed, unless --overwrite is given.
What fails is named on standard error at the end, and the exit status is 1; the others are written all the same.
Values are the stored values: no rescale, no window.
  .npy   rows x columns, or rows x columns x components; the smallest integer type that holds the declared bits and sign
  .pgm   one unsigned component of at most 16 bits; largest value 2^bits - 1
  .ppm   three unsigned components of at most 16 bits
  .png   one or three unsigned components, 8 or 16 bits, values not stretched
  .raw   the samples alone, little endian, of the type that .npy would have
Components of different sizes need --component, which writes one at its own size.
--region, --reduce and --tile read and decode only what they need, of JPEG 2000 and HTJ2K, bare or in DICOM. A region counts
from the image's first column and row at full size, whatever the reduction: what is written is what the whole image,
reduced, has there. Data that are cut off give the finest complete picture, at its full size, and a warning line.
Keys of --json: file, output, width, height, components, bits, signed, decoder, complete (bool), warning (or null); of
codestreams also blocks {decoded, total} and bytes {needed: packet headers and code-blocks, read: of the file, some of them as
neighbours or twice, total: of the codestream}. With --output-dir, which reads whole files, one object a line for each output,
without these two")]
pub struct Decode {
    /// A bare codestream or a DICOM file; with --output-dir any number of them, folders, .zip archives and DICOMDIRs.
    #[arg(required = true, value_name = "INPUT")]
    pub inputs: Vec<PathBuf>,
    /// The file to write; it appears whole or not at all.
    #[arg(short, long, value_name = "OUT", required_unless_present = "output_dir")]
    pub output: Option<PathBuf>,
    /// The folder to write every frame of every input to.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["output", "frame"])]
    pub output_dir: Option<PathBuf>,
    /// With --output-dir: the format of the files.
    #[arg(long, value_enum, default_value_t, requires = "output_dir")]
    pub format: ArrayFormat,
    /// With --output-dir: replace files that are there.
    #[arg(long, requires = "output_dir")]
    pub overwrite: bool,
    /// Frame, counted from 0; the first when not given.
    #[arg(long, value_name = "N")]
    pub frame: Option<u32>,
    /// Only this component, counted from 0, at its own size.
    #[arg(long, value_name = "N")]
    pub component: Option<u16>,
    /// Only this part of the image at full size: first column and row, columns and rows.
    #[arg(long, value_name = "X,Y,W,H", value_parser = region, conflicts_with = "tile")]
    pub region: Option<[u32; 4]>,
    /// Only this tile, counted row by row from 0.
    #[arg(long, value_name = "N")]
    pub tile: Option<u32>,
    /// Halve the image R times.
    #[arg(long, value_name = "R", default_value_t = 0)]
    pub reduce: u8,
    /// Fail where data are cut off, instead of a warning.
    #[arg(long)]
    pub strict: bool,
    /// Write a summary of the work as JSON to standard output.
    #[arg(long)]
    pub json: bool,
    /// Threads; all cores when not given.
    #[arg(long, value_name = "N", value_parser = threads)]
    pub threads: Option<usize>,
    /// Where HTJ2K is decoded.
    #[arg(long, value_enum, default_value_t)]
    pub backend: Backend,
}

/// `--format`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ArrayFormat {
    /// NumPy arrays, of any values.
    #[default]
    Npy,
    /// One or three unsigned components of at most 16 bits.
    Png,
}

/// `lightbox bench`
#[derive(Debug, Args)]
#[command(after_help = "\
Encoded bytes are in memory before the clock starts. Each file is decoded once to warm up, then again for at least half a second
and five times; the median and the 10th and 90th percentile of those times are given. All frames of a file count as one decode.
A folder is decoded as one series, its frames in parallel.
With --batch a run is one call of the decoder that is given N codestreams, the frames of the file in turns: a row for each N. Each
delivers into memory of its own, and before the clock starts the first and the last picture are compared with the CPU's. A batch
of more than 4 GiB, coded and decoded, is left out with a line on standard error.
Energy is what the GPUs used as a whole while they decoded, from the driver's counter; only with --backend cuda, `-` where there
is none.
Keys of --json, one object a line: file, frames, width, height, components, encoded_bytes (of a run), megapixels, threads,
decoder, runs, median_ms, p10_ms, p90_ms, min_ms, mpx_per_s, ms_per_frame, machine {cpu, cores, os}, batch (or null),
decoded_bytes, images_per_s, gb_per_s (decoded), joules_per_image (or null), target (\"host\" or \"device\"), gpus (or null),
region (or null), reduce; of a batch that is left out: file, batch, left_out")]
pub struct Bench {
    /// Bare codestreams, DICOM files or folders of them.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Threads; all cores when not given.
    #[arg(long, value_name = "N", value_parser = threads)]
    pub threads: Option<usize>,
    /// Write one JSON object a line instead of a table.
    #[arg(long)]
    pub json: bool,
    /// Where HTJ2K is decoded.
    #[arg(long, value_enum, default_value_t)]
    pub backend: Backend,
    /// Images to decode in one call; several numbers give a row each.
    #[arg(long, value_name = "N,...", value_delimiter = ',', value_parser = batch)]
    pub batch: Vec<usize>,
    /// Only this part of each image at full size: first column and row, columns and rows.
    #[arg(long, value_name = "X,Y,W,H", value_parser = region)]
    pub region: Option<[u32; 4]>,
    /// Halve each image R times.
    #[arg(long, value_name = "R", default_value_t = 0)]
    pub reduce: u8,
    /// GPUs that images are spread over; needs --backend cuda.
    #[arg(long, value_name = "N", value_parser = gpus)]
    pub gpus: Option<usize>,
    /// Where the pixels are delivered; `device` needs --backend cuda.
    #[arg(long, value_enum, default_value_t)]
    pub target: Place,
}

/// `--target`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Place {
    /// Main memory.
    #[default]
    Host,
    /// The memory of the GPU.
    Device,
}

impl Place {
    /// As it is typed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Device => "device",
        }
    }
}

/// `lightbox snapshot`
#[derive(Debug, Args)]
#[command(after_help = "\
The picture is what a viewport shows, drawn by the same shader, without text. Without --size it has one pixel for each image
pixel (more along the shorter side of pixels that are not square); with --size the image is fitted and centred.
Without --window or --preset the window is the one the viewer would begin with. As in the viewer, the newest presentation state
found in INPUT that is about the image is applied; what of it cannot be shown is said in one line on standard error.
A contact sheet has a cell for the middle image of each series: what it is of, modality, number and date. Where there is one series
alone, or it is named by --series, each of its images has a cell; so have bare codestreams. Of more than 400 cells evenly spaced
ones are drawn, and a line on standard error says so. An image that cannot be shown has the reason in its cell, is named on
standard error, and the exit status is 1.")]
pub struct Snapshot {
    /// A file, folder, DICOMDIR, .zip or bare codestream.
    pub input: PathBuf,
    /// The PNG to write; it appears whole or not at all.
    #[arg(short, long, value_name = "OUT.png", required_unless_present = "contact_sheet")]
    pub output: Option<PathBuf>,
    /// Draw all that INPUT holds as a labelled grid into this PNG instead.
    #[arg(long, value_name = "OUT.png", conflicts_with_all = ["output", "size", "frame", "presentation"])]
    pub contact_sheet: Option<PathBuf>,
    /// Size of the viewport in pixels.
    #[arg(long, value_name = "WxH", value_parser = size)]
    pub size: Option<(u32, u32)>,
    /// Image of the series in display order, counted from 0.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub frame: u32,
    /// Series Instance UID; the first series with pictures when not given.
    #[arg(long, value_name = "UID")]
    pub series: Option<String>,
    /// Window centre and width in the units of the image, such as 40,400.
    #[arg(long, value_name = "CENTRE,WIDTH", value_parser = window, allow_hyphen_values = true, conflicts_with = "preset")]
    pub window: Option<(f64, f64)>,
    /// Window preset by name, such as lung.
    #[arg(long, value_name = "NAME")]
    pub preset: Option<String>,
    /// Presentation state to apply: a file of its own, or `none` for the image as it is.
    #[arg(long, value_name = "FILE|none")]
    pub presentation: Option<PathBuf>,
}

/// `lightbox transcode`
#[derive(Debug, Args)]
#[command(after_help = "\
Pixels stay exactly what they are: each frame is decoded again and compared before it is written. All other elements stay too,
but for those that describe how pixels are encoded; lossy sources keep saying so. Objects without pixels, and images that HTJ2K in
DICOM cannot hold, are copied as they are; files that are not DICOM and DICOMDIRs are left out.
An output appears whole or not at all. One that is there and not older than its input is kept, so that the same command goes on
where it was stopped. Inputs are never written to.
A file that fails is named on standard error at the end, and the exit status is 1; the others are done all the same.")]
pub struct Transcode {
    /// A DICOM file, or a folder of them with all folders below.
    #[arg(value_name = "IN")]
    pub input: PathBuf,
    /// The file or folder to write, outside IN; folders are made where they are missing.
    #[arg(value_name = "OUT")]
    pub output: PathBuf,
    /// Transfer syntax, by the last number of 1.2.840.10008.1.2.4.N.
    #[arg(long, value_enum, default_value_t)]
    pub syntax: Syntax,
    /// Files and frames worked on at a time; all cores when not given.
    #[arg(long, value_name = "N", value_parser = threads)]
    pub jobs: Option<usize>,
}

/// `--syntax`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Syntax {
    /// HTJ2K with RPCL options, lossless.
    #[default]
    #[value(name = "202")]
    LosslessRpcl,
    /// HTJ2K, lossless.
    #[value(name = "201")]
    Lossless,
}

impl From<Syntax> for lightbox_source::transcode::Target {
    fn from(syntax: Syntax) -> Self {
        match syntax {
            Syntax::LosslessRpcl => Self::LosslessRpcl,
            Syntax::Lossless => Self::Lossless,
        }
    }
}

/// `lightbox serve`
#[derive(Debug, Args)]
#[command(after_help = "\
Prints the address of each image set, then answers POST .../getImageSetMetadata and .../getImageFrame until it is ended.")]
pub struct Serve {
    /// A folder of DICOM files; those not in HTJ2K are left out.
    pub folder: PathBuf,
    /// Port on the loopback address; any free one when not given.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub port: u16,
}

/// `--backend`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Backend {
    /// The fastest that works here.
    #[default]
    Auto,
    /// The processor.
    Cpu,
    /// An NVIDIA GPU, or an error.
    Cuda,
}

impl From<Backend> for lightbox_codec::Backend {
    fn from(backend: Backend) -> Self {
        match backend {
            Backend::Auto => Self::Auto,
            Backend::Cpu => Self::Cpu,
            Backend::Cuda => Self::Cuda,
        }
    }
}

/// 1 to 1024 threads.
fn threads(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|n| (1..=1024).contains(n)).ok_or_else(|| "give a number from 1 to 1024".into())
}

/// 1 to 4096 images.
fn batch(text: &str) -> Result<usize, String> {
    text.trim().parse().ok().filter(|n| (1..=4096).contains(n)).ok_or_else(|| "give numbers from 1 to 4096, such as 1,16,64".into())
}

/// 1 to 64 GPUs.
fn gpus(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|n| (1..=64).contains(n)).ok_or_else(|| "give a number from 1 to 64".into())
}

/// `WxH`, each edge 1 to 32768.
fn size(text: &str) -> Result<(u32, u32), String> {
    let edge = |s: &str| s.parse().ok().filter(|n| (1..=32768).contains(n));
    text.split_once(['x', 'X'])
        .and_then(|(w, h)| Some((edge(w)?, edge(h)?)))
        .ok_or_else(|| "give two edges from 1 to 32768, such as 1024x768".into())
}

/// `X,Y,W,H`: a place, and edges that are not empty.
fn region(text: &str) -> Result<[u32; 4], String> {
    let numbers: Vec<u32> = text.split(',').map_while(|n| n.trim().parse().ok()).collect();
    match numbers[..] {
        [x, y, w, h]
            if text.matches(',').count() == 3 && w > 0 && h > 0 && x.checked_add(w).is_some() && y.checked_add(h).is_some() =>
        {
            Ok([x, y, w, h])
        }
        _ => Err("give a column, a row, and how many of each, such as 512,512,256,256".into()),
    }
}

/// `CENTRE,WIDTH`: any finite centre, a positive width.
fn window(text: &str) -> Result<(f64, f64), String> {
    let number = |s: &str| s.trim().parse::<f64>().ok().filter(|v| v.is_finite());
    text.split_once(',')
        .and_then(|(c, w)| Some((number(c)?, number(w).filter(|w| *w >= 1.0)?)))
        .ok_or_else(|| "give a centre and a width of at least 1, such as 40,400".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn parse(words: &[&str]) -> Result<Cli, clap::Error> {
        Cli::try_parse_from(std::iter::once("lightbox").chain(words.iter().copied()))
    }

    #[test]
    fn definition_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn commands_win_over_files_of_their_name() {
        assert!(matches!(parse(&["info", "a.dcm"]).unwrap().command, Some(Command::Info(_))));
        assert_eq!(parse(&["./info", "b"]).unwrap().open, [PathBuf::from("./info"), PathBuf::from("b")]);
        assert!(parse(&[]).unwrap().open.is_empty());
    }

    #[test]
    fn negative_centres_and_odd_sizes_parse() {
        let words = ["snapshot", "a", "--output", "b.png", "--window", "-600,1500", "--size", "640X480"];
        let Some(Command::Snapshot(s)) = parse(&words).unwrap().command else { panic!("not a snapshot") };
        assert_eq!((s.window, s.size), (Some((-600.0, 1500.0)), Some((640, 480))));
        for bad in ["40", "40,0", "nan,400", "40,inf"] {
            assert!(parse(&["snapshot", "a", "-o", "b.png", "--window", bad]).is_err(), "{bad}");
        }
        for bad in ["0x5", "5", "5x99999", "-5x5"] {
            assert!(parse(&["snapshot", "a", "-o", "b.png", "--size", bad]).is_err(), "{bad}");
        }
        assert!(parse(&["decode", "a", "-o", "b.raw", "--threads", "0"]).is_err());
    }

    #[test]
    fn batches_parse() {
        let Some(Command::Bench(b)) = parse(&["bench", "a", "b", "--batch", "1,16,256"]).unwrap().command else {
            panic!("not a bench")
        };
        assert_eq!((b.batch, b.files.len(), b.target), (vec![1, 16, 256], 2, Place::Host));
        for bad in ["0", "1,,2", "a", "4097", "-1"] {
            assert!(parse(&["bench", "a", "--batch", bad]).is_err(), "{bad}");
        }
    }

    #[test]
    fn parts_parse() {
        let Some(Command::Decode(d)) = parse(&["decode", "a", "-o", "b", "--region", "1,2,3,4", "--reduce", "5"]).unwrap().command
        else {
            panic!("not a decode")
        };
        assert_eq!((d.region, d.reduce, d.tile), (Some([1, 2, 3, 4]), 5, None));
        for bad in ["1,2,3", "1,2,3,4,5", "1,2,0,4", "-1,2,3,4", "4294967295,0,1,1", "a,b,c,d"] {
            assert!(parse(&["decode", "a", "-o", "b", "--region", bad]).is_err(), "{bad}");
        }
        assert!(parse(&["decode", "a", "-o", "b", "--region", "1,2,3,4", "--tile", "0"]).is_err());
    }
}

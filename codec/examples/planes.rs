//! Decodes a codestream and writes each component as a PGX file (ISO/IEC 15444-4), for comparison with other decoders.
//!
//! `planes FILE PREFIX [--threads N] [--reduction N] [--region X0,Y0,X1,Y1]` writes `PREFIX-0.pgx` and so on.

use std::error::Error;
use std::io::Write;

use lightbox_codec::{Backend, DecodeRequest, Decoder, Limits, Plane, Rect};

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let usage = "planes FILE PREFIX [--threads N] [--reduction N] [--region X0,Y0,X1,Y1]";
    let (file, prefix) = (args.next().ok_or(usage)?, args.next().ok_or(usage)?);
    let mut threads = 0;
    let mut request = DecodeRequest::default();
    while let Some(option) = args.next() {
        let value = args.next().ok_or(usage)?;
        match option.as_str() {
            "--threads" => threads = value.parse()?,
            "--reduction" => request.reduction = value.parse()?,
            "--region" => {
                let edges = value.split(',').map(str::parse).collect::<Result<Vec<u32>, _>>()?;
                let [x0, y0, x1, y1] = edges[..] else { return Err(usage.into()) };
                request.region = Some(Rect::new(x0, y0, x1, y1));
            }
            _ => return Err(usage.into()),
        }
    }
    let bytes = std::fs::read(file)?;
    let image = Decoder::new(Backend::Cpu)?.threads(threads).decode(&bytes, &request, &Limits::default())?;
    for (number, plane) in image.components.iter().enumerate() {
        write_pgx(&format!("{prefix}-{number}.pgx"), plane)?;
    }
    Ok(())
}

/// Big-endian samples of one, two or four bytes behind a line of text.
fn write_pgx(path: &str, plane: &Plane) -> std::io::Result<()> {
    let mut out = std::io::BufWriter::new(std::fs::File::create(path)?);
    let sign = if plane.signed { '-' } else { '+' };
    writeln!(out, "PG ML {sign}{} {} {}", plane.bits, plane.width, plane.height)?;
    let bytes = plane.samples.kind().bytes();
    for i in 0..plane.samples.len() {
        let value = plane.samples.get(i).unwrap_or_default();
        out.write_all(&value.to_be_bytes()[8 - bytes..])?;
    }
    out.flush()
}

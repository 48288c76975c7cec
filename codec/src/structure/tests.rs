//! The geometry against the equations of Annex B written down one by one, on exact integers.

use proptest::prelude::*;

use super::{Grid, Tile};
use crate::codestream::tests::build;
use crate::codestream::{Codestream, Siz};
use crate::geometry::Rect;
use crate::limits::Limits;

/// Division of possibly negative numbers, rounded up.
fn ceil(a: i128, b: i128) -> i128 {
    -(-a).div_euclid(b)
}

fn rect(x0: i128, y0: i128, x1: i128, y1: i128) -> Rect {
    let v = |v: i128| u32::try_from(v).expect("a coordinate");
    Rect::new(v(x0), v(y0), v(x1), v(y1))
}

/// B-7 to B-10: tile `(p, q)` on the reference grid.
fn tile_rect(siz: &Siz, p: i128, q: i128) -> Rect {
    let (xt, yt) = (i128::from(siz.tile_size.0), i128::from(siz.tile_size.1));
    let (xto, yto) = (i128::from(siz.tile_origin.0), i128::from(siz.tile_origin.1));
    let area = siz.area;
    rect(
        (xto + p * xt).max(area.x0.into()),
        (yto + q * yt).max(area.y0.into()),
        (xto + (p + 1) * xt).min(area.x1.into()),
        (yto + (q + 1) * yt).min(area.y1.into()),
    )
}

/// B-15: a subband `n` levels deep of the tile-component `tc`.
fn band_rect(tc: &Rect, n: u32, xo: i128, yo: i128) -> Rect {
    let half = if n == 0 { 0 } else { 1i128 << (n - 1) };
    let edge = |v: u32, o: i128| ceil(i128::from(v) - half * o, 1 << n);
    rect(edge(tc.x0, xo), edge(tc.y0, yo), edge(tc.x1, xo), edge(tc.y1, yo))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_rectangle_is_what_annex_b_says(
        (x0, y0, w, h) in (0u32..300, 0u32..300, 1u32..400, 1u32..400),
        (tw, th, tox, toy) in (1u32..200, 1u32..200, 0u32..200, 0u32..200),
        sampling in prop::collection::vec((1u8..5, 1u8..5), 1..4),
        levels in 0u8..33,
        (ppx, ppy) in (1u8..16, 1u8..16),
        (xcb, ycb) in (2u8..7, 2u8..7),
    ) {
        // More tiles cannot be numbered.
        prop_assume!((w / tw + 2) * (h / th + 2) <= 65535);
        // The tile grid may begin before the image, but its first tile must meet it.
        let (tox, toy) = (tox.min(x0).max((x0 + 1).saturating_sub(tw)), toy.min(y0).max((y0 + 1).saturating_sub(th)));
        let bytes = build::codestream(&build::Header {
            area: Rect::new(x0, y0, x0 + w, y0 + h),
            tile_size: (tw, th),
            tile_origin: (tox, toy),
            sampling: sampling.clone(),
            levels,
            block: (xcb, ycb),
            precinct: Some((ppx, ppy)),
            ..build::Header::default()
        });
        let codestream = Codestream::parse(&bytes, &Limits::default()).unwrap();
        let siz = codestream.siz();
        let across = ceil(i128::from(x0 + w) - i128::from(tox), tw.into());
        let down = ceil(i128::from(y0 + h) - i128::from(toy), th.into());
        prop_assert_eq!((i128::from(siz.tiles.0), i128::from(siz.tiles.1)), (across, down));

        // The corners and one in the middle stand for all tiles.
        for (p, q) in [(0, 0), (across - 1, down - 1), (across / 2, down / 2)] {
            let mut blocks = 0;
            let tile = Tile::new(&codestream, (p + q * across) as u32, &mut blocks, &Limits::default()).unwrap();
            prop_assert_eq!(tile.rect, tile_rect(siz, p, q));
            for (component, &(dx, dy)) in tile.components.iter().zip(&sampling) {
                let (dx, dy) = (i128::from(dx), i128::from(dy));
                let t = tile.rect;
                let tc = rect(ceil(t.x0.into(), dx), ceil(t.y0.into(), dy), ceil(t.x1.into(), dx), ceil(t.y1.into(), dy));
                prop_assert_eq!(component.rect, tc);
                prop_assert_eq!(component.resolutions.len(), usize::from(levels) + 1);
                for (r, resolution) in component.resolutions.iter().enumerate() {
                    let depth = u32::from(levels) - r as u32;
                    let edge = |v: u32| ceil(v.into(), 1 << depth);
                    let tr = rect(edge(tc.x0), edge(tc.y0), edge(tc.x1), edge(tc.y1));
                    prop_assert_eq!(resolution.rect, tr);
                    // B-16.
                    let count = |a: u32, b: u32, pp: u8| {
                        if b > a { ceil(b.into(), 1 << pp) - i128::from(a).div_euclid(1 << pp) } else { 0 }
                    };
                    let empty = tr.is_empty();
                    let wide = if empty { 0 } else { count(tr.x0, tr.x1, ppx) };
                    let high = if empty { 0 } else { count(tr.y0, tr.y1, ppy) };
                    prop_assert_eq!(i128::from(resolution.precincts.count()), wide * high);
                    let kinds: &[(i128, i128)] = if r == 0 { &[(0, 0)] } else { &[(1, 0), (0, 1), (1, 1)] };
                    let n = if r == 0 { u32::from(levels) } else { depth + 1 };
                    for (band, &(xo, yo)) in resolution.bands.iter().zip(kinds) {
                        prop_assert_eq!(band.rect, band_rect(&tc, n, xo, yo));
                        // Every code-block of the subband lies in exactly one precinct.
                        let mut seen = vec![0u8; band.blocks.count() as usize];
                        for index in 0..resolution.precincts.count() as u32 {
                            let cell = resolution.precincts.cell(index);
                            let cells = band.blocks_of_precinct(cell);
                            for row in cells.y0..cells.y1 {
                                for column in cells.x0..cells.x1 {
                                    prop_assert_eq!(band.precinct_of((column, row)), cell);
                                    seen[band.blocks.cells.index((column, row)).unwrap() as usize] += 1;
                                }
                            }
                        }
                        prop_assert!(seen.iter().all(|&n| n == 1), "{:?}", seen);
                    }
                }
            }
        }
    }

    #[test]
    fn cells_tile_their_area((x0, y0, w, h) in (0u32..500, 0u32..500, 0u32..90, 0u32..90), (x, y) in (0u8..9, 0u8..9)) {
        let area = Rect::new(x0, y0, x0 + w, y0 + h);
        let grid = Grid::over(&area, x, y);
        let mut covered = 0;
        for index in 0..grid.count() as u32 {
            let cell = grid.cell(index);
            let rect = grid.rect(cell);
            prop_assert!(!rect.is_empty() && area.contains(&rect));
            prop_assert!(rect.width() <= 1 << x && rect.height() <= 1 << y);
            prop_assert_eq!(grid.cells.index(cell), Some(index));
            prop_assert_eq!(grid.cells_in(&rect), Rect::new(cell.0, cell.1, cell.0 + 1, cell.1 + 1));
            covered += rect.area();
        }
        prop_assert_eq!(covered, area.area());
    }
}

// One picture in one rectangle of the target. Stands before display.wgsl, which says what a texel means.

struct View {
    column: vec4<f32>,
    row: vec4<f32>,
    background: vec4<f32>,
    overlay: vec4<f32>,
    size: vec2<i32>,
    shift: u32,
    across: i32,
    flags: u32,
    above: u32,
}

struct Pane {
    view: View,
    display: Display,
}

@group(0) @binding(0) var<uniform> pane: Pane;
@group(0) @binding(1) var<storage, read> words: array<f32>;
@group(0) @binding(2) var texels: texture_2d_array<u32>;
@group(0) @binding(3) var mask: texture_2d_array<u32>;

// The target holds 8 bits a channel. Otherwise what it gets is not rounded.
override eight_bits: bool = true;
// The picture has a mask.
override masked: bool = true;
// No screen pixel covers more than one image pixel along either axis, so that two taps along each are all there can be.
override magnified: bool = false;

// View.flags, see view.rs.
const SMOOTH: u32 = 1u;
const OVERLAID: u32 = 2u;
// Bits of the mask, see marks.rs.
const HIDDEN: u32 = 1u;
const OVERLAY: u32 = 2u;

// Most texels read along one axis for one screen pixel.
const MOST_TAPS: f32 = 16.0;

@vertex
fn vertex(@builtin(vertex_index) i: u32) -> @builtin(position) vec4<f32> {
    // One triangle that covers the viewport.
    return vec4(f32((i << 1u) & 2u) * 2.0 - 1.0, f32(i & 2u) * 2.0 - 1.0, 0.0, 1.0);
}

fn viewed(flag: u32) -> bool {
    return (pane.view.flags & flag) != 0u;
}

// Tiles are an addressing matter only: every filter reads through here.
fn place(at: vec2<i32>) -> vec3<i32> {
    let tile = at >> vec2(pane.view.shift);
    let inner = i32((1u << pane.view.shift) - 1u);
    return vec3(at & vec2(inner), tile.y * pane.view.across + tile.x);
}

fn marks(at: vec2<i32>) -> u32 {
    if !masked {
        return 0u;
    }
    let p = place(at);
    return textureLoad(mask, p.xy, p.z, 0).x;
}

fn pixel(at: vec2<i32>) -> Meaning {
    let p = place(at);
    return meaning(textureLoad(texels, p.xy, p.z, 0));
}

// The stretch of one axis that a screen pixel averages, cut at the picture's edges: from .x to .y.
//
// A box as wide as the screen pixel, and at least one image pixel wide if magnification is to be smooth: over image pixels such a
// box of width one IS bilinear interpolation, so one filter serves both directions and zooming through 1:1 does not jump.
fn stretch(at: f32, covered: f32, length: i32) -> vec2<f32> {
    let half = max(covered, 1.0) * 0.5;
    let box = vec2(max(at - half, 0.0), min(at + half, f32(length)));
    return select(vec2(floor(at), floor(at) + 1.0), box, viewed(SMOOTH) | (covered > 1.0));
}

// Index and weight of one pixel of a stretch: how much of the pixel lies in it.
struct Tap {
    index: i32,
    weight: f32,
}

fn tap(s: vec2<f32>, k: i32) -> Tap {
    let first = floor(s.x) + f32(k);
    return Tap(i32(first), max(min(first + 1.0, s.y) - max(first, s.x), 0.0));
}

// How many pixels of a stretch are read: all, or where a screen pixel covers more than MOST_TAPS of them, some that lie evenly in it.
fn taps(s: vec2<f32>) -> i32 {
    return select(i32(ceil(s.y)) - i32(floor(s.x)), i32(MOST_TAPS), s.y - s.x > MOST_TAPS);
}

fn tap_of_many(s: vec2<f32>, k: i32) -> Tap {
    let step = (s.y - s.x) / MOST_TAPS;
    if step > 1.0 {
        return Tap(i32(floor(s.x + (f32(k) + 0.5) * step)), 1.0);
    }
    return tap(s, k);
}

// What the taps of one screen pixel add up to.
struct Sum {
    // Of differences to the centre, so that where all are equal the mean is exactly that.
    difference: vec3<f32>,
    weights: f32,
    ink: f32,
    area: f32,
}

fn add(sum: ptr<function, Sum>, centre: Meaning, x: Tap, y: Tap) {
    let p = min(vec2(x.index, y.index), pane.view.size - 1);
    let weight = x.weight * y.weight;
    let m = marks(p);
    (*sum).area += weight;
    (*sum).ink += select(0.0, weight, (m & OVERLAY) != 0u);
    let other = pixel(p);
    // Only pixels of the nearest one's kind take part: padding and what a shutter hides are never blended in.
    let alike = (other.kind == centre.kind) & ((m & HIDDEN) == 0u);
    (*sum).difference += select(vec3(0.0), other.value - centre.value, alike) * weight;
    (*sum).weights += select(0.0, weight, alike);
}

// What is seen at `at`, in image pixels, which lies inside the picture.
fn look(at: vec2<f32>) -> vec3<f32> {
    let nearest = min(vec2<i32>(floor(at)), pane.view.size - 1);
    if (marks(nearest) & HIDDEN) != 0u {
        return vec3(0.0);
    }
    let centre = pixel(nearest);
    let across = stretch(at.x, pane.view.column.w, pane.view.size.x);
    let down = stretch(at.y, pane.view.row.w, pane.view.size.y);
    var sum = Sum();
    if magnified {
        let left = tap(across, 0);
        let right = tap(across, 1);
        let above = tap(down, 0);
        let below = tap(down, 1);
        add(&sum, centre, left, above);
        add(&sum, centre, right, above);
        add(&sum, centre, left, below);
        add(&sum, centre, right, below);
    } else {
        for (var j = 0; j < taps(down); j++) {
            let y = tap_of_many(down, j);
            for (var i = 0; i < taps(across); i++) {
                add(&sum, centre, tap_of_many(across, i), y);
            }
        }
    }
    var mean = centre;
    if sum.weights > 0.0 {
        mean.value += sum.difference / sum.weights;
    }
    let rgb = shown(mean);
    if masked && viewed(OVERLAID) && sum.ink > 0.0 {
        return mix(rgb, pane.view.overlay.rgb, sum.ink / sum.area);
    }
    return rgb;
}

@fragment
fn fragment(@builtin(position) position: vec4<f32>) -> @location(0) vec4<f32> {
    let p = vec3(position.xy, 1.0);
    let at = vec2(dot(p, pane.view.column.xyz), dot(p, pane.view.row.xyz));
    var rgb = pane.view.background.rgb;
    if all(at >= vec2(0.0)) && all(at < vec2<f32>(pane.view.size)) {
        rgb = look(at);
    }
    if eight_bits {
        rgb = quantised(rgb);
    }
    return vec4(rgb, 1.0);
}

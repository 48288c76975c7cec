// Stored value to what is shown: the steps of `lightbox_model::display::Tables`, in its order, on its numbers.
//
// A graphics compiler may fuse a product with a following sum. Where that would change the result, `alone` keeps them apart.

struct Display {
    colour: u32,
    modality: u32,
    voi: u32,
    flags: u32,
    modality_pre: f32,
    modality_scale: f32,
    modality_post: f32,
    sample_scale: f32,
    voi_origin: f32,
    voi_gain: f32,
    chroma_centre: f32,
    sample_max: f32,
    padding_low: i32,
    padding_high: i32,
    palette_first: i32,
    palette_len: u32,
    modality_first: i32,
    modality_len: u32,
    modality_at: u32,
    voi_first: i32,
    voi_len: u32,
    voi_at: u32,
    palette_at: u32,
    pseudo_at: u32,
    presentation_at: u32,
    presentation_last: u32,
    reserved: vec2<u32>,
}

// What the picture and its display ask for. Fixed with the pipeline and not read from the uniform, so that a compiler leaves out what
// is not asked for; software devices would go through all of it for every tap.
override colour: u32 = GREY;
override modality: u32 = MODALITY_LINEAR;
override voi: u32 = VOI_RAMP;
override reading: u32 = WIDE;
override palette_colours: bool = false;
override pseudo_colour: bool = false;
override presentation: bool = false;

// colour
const GREY: u32 = 0u;
const YBR_FULL: u32 = 2u;
const YBR_PARTIAL: u32 = 3u;
const YBR_RCT: u32 = 4u;
const PALETTE: u32 = 5u;
// modality
const MODALITY_LINEAR: u32 = 0u;
const MODALITY_LUT: u32 = 1u;
// voi
const VOI_RAMP: u32 = 0u;
const VOI_SIGMOID: u32 = 1u;
const VOI_LUT: u32 = 2u;
// reading, see pipelines.rs
const NARROW: u32 = 0u; // an integer of which an i32 holds every value
const WIDE: u32 = 1u;   // a u32
const FLOAT: u32 = 2u;  // the bits of an f32

// Display.flags
const FLAG_FLIP: u32 = 1u;
const FLAG_PADDING: u32 = 2u;

// What a pixel is. Pixels of different kinds are never blended.
const BLACK: u32 = 0u;  // padding, not a number, hidden by a shutter
const VALUE: u32 = 1u;  // a modality value in .x
const COLOUR: u32 = 2u; // red, green, blue in 0..=1

struct Meaning {
    kind: u32,
    value: vec3<f32>,
}

// Far beyond any window, and small enough that sums over a filter's footprint stay finite.
const LARGEST: f32 = 1e35;

fn alone(product: f32) -> f32 {
    return clamp(product, -3e38, 3e38);
}

fn has(flag: u32) -> bool {
    return (pane.display.flags & flag) != 0u;
}

// The stored integer; one beyond i32 counts as the greatest i32.
fn integer(bits: u32) -> i32 {
    if reading == WIDE {
        return bitcast<i32>(min(bits, 0x7fffffffu));
    }
    return bitcast<i32>(bits << pane.view.above) >> pane.view.above;
}

// The stored value as f32.
fn real(bits: u32) -> f32 {
    if reading == WIDE {
        return f32(bits);
    }
    return f32(integer(bits));
}

// Index of the entry for `input` in a table of `len` entries that starts at `first`. The difference may exceed i32, not u32.
fn entry(input: i32, first: i32, len: u32) -> u32 {
    return select(min(bitcast<u32>(input) - bitcast<u32>(first), max(len, 1u) - 1u), 0u, input <= first);
}

fn triple(at: u32, index: u32) -> vec3<f32> {
    let i = at + 3u * index;
    return vec3(words[i], words[i + 1u], words[i + 2u]);
}

fn palette(stored: i32) -> vec3<f32> {
    return triple(pane.display.palette_at, entry(stored, pane.display.palette_first, pane.display.palette_len));
}

fn rescaled(stored: f32) -> f32 {
    let d = &pane.display;
    return (stored + d.modality_pre) * d.modality_scale + d.modality_post;
}

// Steps 1 to 3 for a stored float.
fn meaning_of_float(bits: u32) -> Meaning {
    let magnitude = bits & 0x7fffffffu;
    if magnitude > 0x7f800000u {
        return Meaning(BLACK, vec3(0.0));
    }
    // An infinity is taken apart by its bits: arithmetic on it is not defined here.
    var stored = select(LARGEST, -LARGEST, bits != magnitude);
    if magnitude < 0x7f800000u {
        stored = clamp(bitcast<f32>(bits), -LARGEST, LARGEST);
    }
    return Meaning(VALUE, vec3(clamp(rescaled(stored), -LARGEST, LARGEST)));
}

// Steps 1 to 3 for a stored integer.
fn meaning_of_grey(bits: u32) -> Meaning {
    let d = &pane.display;
    let stored = integer(bits);
    let beyond = reading == WIDE && bits > 0x7fffffffu;
    let padding = has(FLAG_PADDING) & !beyond & (d.padding_low <= stored) & (stored <= d.padding_high);
    var m = Meaning(VALUE, vec3(0.0));
    if modality == MODALITY_LUT {
        m.value = vec3(words[d.modality_at + entry(stored, d.modality_first, d.modality_len)]);
    } else {
        m.value = vec3(rescaled(real(bits)));
    }
    if palette_colours {
        let coloured = stored >= d.palette_first;
        m.kind = select(VALUE, COLOUR, coloured);
        m.value = select(m.value, palette(stored), coloured);
    }
    m.kind = select(m.kind, BLACK, padding);
    return m;
}

// Red, green and blue from luma and two chroma samples around zero.
fn from_chroma(y: f32, cb: f32, cr: f32, red: f32, green: vec2<f32>, blue: f32) -> vec3<f32> {
    return vec3(
        y + alone(cr * red),
        alone(y - alone(cb * green.x)) - alone(cr * green.y),
        y + alone(cb * blue),
    );
}

fn meaning_of_colour(texel: vec4<u32>) -> Meaning {
    let d = &pane.display;
    var rgb = vec3(real(texel.x), real(texel.y), real(texel.z));
    let cb = rgb.y - d.chroma_centre;
    let cr = rgb.z - d.chroma_centre;
    switch colour {
        case YBR_FULL: {
            rgb = from_chroma(rgb.x, cb, cr, 22970.0 / 16384.0, vec2(5638.0, 11700.0) / 16384.0, 29032.0 / 16384.0);
        }
        case YBR_PARTIAL: {
            let y = alone((rgb.x - d.chroma_centre / 8.0) * (9539.0 / 8192.0));
            rgb = from_chroma(y, cb, cr, 13075.0 / 8192.0, vec2(3209.0, 6660.0) / 8192.0, 16525.0 / 8192.0);
        }
        case YBR_RCT: {
            let green = rgb.x - floor((rgb.y + rgb.z) * 0.25);
            rgb = vec3(rgb.z + green, green, rgb.y + green);
        }
        default: {}
    }
    return Meaning(COLOUR, min(clamp(rgb, vec3(0.0), vec3(d.sample_max)) * d.sample_scale, vec3(1.0)));
}

// What a texel means, up to where interpolation happens.
fn meaning(texel: vec4<u32>) -> Meaning {
    if colour == GREY && reading == FLOAT {
        return meaning_of_float(texel.x);
    }
    if colour == GREY {
        return meaning_of_grey(texel.x);
    }
    if colour == PALETTE && palette_colours {
        return Meaning(COLOUR, palette(integer(texel.x)));
    }
    if colour == PALETTE {
        return Meaning(BLACK, vec3(0.0));
    }
    return meaning_of_colour(texel);
}

// Steps 4 and 5: grey in 0..=1 of a modality value.
fn grey(value: f32) -> f32 {
    let d = &pane.display;
    let t = (value - d.voi_origin) * d.voi_gain;
    var y = clamp(t, 0.0, 1.0);
    if voi == VOI_SIGMOID {
        y = 1.0 / (1.0 + exp(clamp(t, -80.0, 80.0)));
    }
    if voi == VOI_LUT {
        let nearest = i32(floor(clamp(value, -1073741824.0, 1073741824.0) + 0.5));
        y = words[d.voi_at + entry(nearest, d.voi_first, d.voi_len)];
    }
    if presentation {
        y = words[d.presentation_at + u32(round(y * f32(d.presentation_last)))];
    }
    return select(y, 1.0 - y, has(FLAG_FLIP));
}

// Steps 4 to 6: red, green and blue in 0..=1.
fn shown(m: Meaning) -> vec3<f32> {
    var rgb = m.value;
    if colour != GREY || palette_colours {
        rgb = select(rgb, vec3(1.0) - rgb, has(FLAG_FLIP));
    }
    if colour == GREY {
        let y = grey(m.value.x);
        var value = vec3(y);
        if pseudo_colour {
            value = triple(pane.display.pseudo_at, u32(round(clamp(y, 0.0, 1.0) * 255.0)));
        }
        rgb = select(value, rgb, m.kind == COLOUR);
    }
    return select(rgb, vec3(0.0), m.kind == BLACK);
}

// Step 7: exactly a value that an 8-bit target holds.
fn quantised(rgb: vec3<f32>) -> vec3<f32> {
    return round(clamp(rgb, vec3(0.0), vec3(1.0)) * 255.0) / 255.0;
}

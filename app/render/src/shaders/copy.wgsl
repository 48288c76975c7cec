// One texture on the target, texel by pixel.

// Where its top left corner is; the rest is room.
@group(0) @binding(0) var<uniform> origin: vec4<i32>;
@group(0) @binding(1) var texels: texture_2d<f32>;

@vertex
fn vertex(@builtin(vertex_index) i: u32) -> @builtin(position) vec4<f32> {
    // One triangle that covers the viewport.
    return vec4(f32((i << 1u) & 2u) * 2.0 - 1.0, f32(i & 2u) * 2.0 - 1.0, 0.0, 1.0);
}

@fragment
fn fragment(@builtin(position) position: vec4<f32>) -> @location(0) vec4<f32> {
    return textureLoad(texels, vec2<i32>(floor(position.xy)) - origin.xy, 0);
}

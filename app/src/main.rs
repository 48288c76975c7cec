//! lightbox
fn main() {}

//! The decoder as its users see it, on real and on hostile codestreams.

mod arrangement;
mod common;
mod conformance;
mod damage;
mod exact;
mod pgx;
mod prefixes;
mod requests;
mod wide;

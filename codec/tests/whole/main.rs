//! The decoder as its users see it, on real and on hostile codestreams.

mod arrangement;
mod build;
mod common;
mod conformance;
mod cuda;
mod damage;
mod exact;
mod fuzz;
mod pgx;
mod pitfalls;
mod prefixes;
mod ranges;
mod requests;
mod reuse;
mod wide;

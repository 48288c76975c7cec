//! The model from outside: one binary, one module for each subject.

mod commands;
mod display;
mod geometry;
mod initial;
mod layout;
mod library;
mod make;
mod measure;
mod presentation;
mod pydicom;
mod scheduling;
mod stacks;
mod text;
mod viewport;

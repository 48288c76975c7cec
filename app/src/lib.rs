//! lightbox

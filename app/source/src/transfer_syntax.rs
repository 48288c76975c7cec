//! What transfer syntaxes are called.

/// The name that PS3.6 Table A-1 gives a transfer syntax, as dicom-rs registers it; "unknown" for any other UID.
pub fn transfer_syntax_name(uid: &str) -> &'static str {
    crate::dicom::syntax::get(uid.trim_end_matches(['\0', ' '])).map_or("unknown", |syntax| syntax.name())
}

#[cfg(test)]
mod tests {
    use super::transfer_syntax_name;

    #[test]
    fn names_follow_the_registry() {
        assert_eq!(transfer_syntax_name("1.2.840.10008.1.2"), "Implicit VR Little Endian");
        assert_eq!(
            transfer_syntax_name("1.2.840.10008.1.2.4.202\0"),
            "High-Throughput JPEG 2000 with RPCL Options Image Compression (Lossless Only)"
        );
        assert_eq!(transfer_syntax_name("1.2.3"), "unknown");
    }
}

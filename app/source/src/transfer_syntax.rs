//! What transfer syntaxes are called.

/// The name that PS3.6 Table A-1 gives a transfer syntax, shortened to what tells it apart; "unknown" for any other UID.
pub fn transfer_syntax_name(uid: &str) -> &'static str {
    let Some(number) = uid.trim_end_matches(['\0', ' ']).strip_prefix("1.2.840.10008.1.2") else { return "unknown" };
    match number {
        "" => "Implicit VR Little Endian",
        ".1" => "Explicit VR Little Endian",
        ".1.98" => "Encapsulated Uncompressed Explicit VR Little Endian",
        ".1.99" => "Deflated Explicit VR Little Endian",
        ".2" => "Explicit VR Big Endian",
        ".4.50" => "JPEG Baseline (Process 1)",
        ".4.51" => "JPEG Extended (Process 2 & 4)",
        ".4.57" => "JPEG Lossless, Non-Hierarchical (Process 14)",
        ".4.70" => "JPEG Lossless, Non-Hierarchical, First-Order Prediction (Process 14, Selection Value 1)",
        ".4.80" => "JPEG-LS Lossless",
        ".4.81" => "JPEG-LS Lossy (Near-Lossless)",
        ".4.90" => "JPEG 2000 (Lossless Only)",
        ".4.91" => "JPEG 2000",
        ".4.92" => "JPEG 2000 Part 2 Multi-component (Lossless Only)",
        ".4.93" => "JPEG 2000 Part 2 Multi-component",
        ".4.94" => "JPIP Referenced",
        ".4.95" => "JPIP Referenced Deflate",
        ".4.100" | ".4.100.1" => "MPEG2 Main Profile / Main Level",
        ".4.101" | ".4.101.1" => "MPEG2 Main Profile / High Level",
        ".4.102" | ".4.102.1" => "MPEG-4 AVC/H.264 High Profile / Level 4.1",
        ".4.103" | ".4.103.1" => "MPEG-4 AVC/H.264 BD-compatible High Profile / Level 4.1",
        ".4.104" | ".4.104.1" => "MPEG-4 AVC/H.264 High Profile / Level 4.2 For 2D Video",
        ".4.105" | ".4.105.1" => "MPEG-4 AVC/H.264 High Profile / Level 4.2 For 3D Video",
        ".4.106" | ".4.106.1" => "MPEG-4 AVC/H.264 Stereo High Profile / Level 4.2",
        ".4.107" => "HEVC/H.265 Main Profile / Level 5.1",
        ".4.108" => "HEVC/H.265 Main 10 Profile / Level 5.1",
        ".4.110" => "JPEG XL Lossless",
        ".4.111" => "JPEG XL JPEG Recompression",
        ".4.112" => "JPEG XL",
        ".4.201" => "High-Throughput JPEG 2000 (Lossless Only)",
        ".4.202" => "High-Throughput JPEG 2000 with RPCL Options (Lossless Only)",
        ".4.203" => "High-Throughput JPEG 2000",
        ".4.204" => "JPIP HTJ2K Referenced",
        ".4.205" => "JPIP HTJ2K Referenced Deflate",
        ".5" => "RLE Lossless",
        _ => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::transfer_syntax_name;

    #[test]
    fn names_follow_the_registry() {
        assert_eq!(transfer_syntax_name("1.2.840.10008.1.2"), "Implicit VR Little Endian");
        assert_eq!(
            transfer_syntax_name("1.2.840.10008.1.2.4.202\0"),
            "High-Throughput JPEG 2000 with RPCL Options (Lossless Only)"
        );
        assert_eq!(transfer_syntax_name("1.2.3"), "unknown");
    }
}

//! Transfer syntaxes (PS3.5 annex A) by the registry of dicom-rs.

use dicom_dictionary_std::uids;
use dicom_encoding::{Codec, Endianness, TransferSyntax, TransferSyntaxIndex};
use dicom_transfer_syntax_registry::{TransferSyntaxRegistry, entries};

/// A registered transfer syntax.
pub(crate) type Syntax = &'static TransferSyntax;

/// Explicit VR Big Endian: retired from the standard, alive in archives.
pub(crate) const EXPLICIT_VR_BIG_ENDIAN: &str = entries::EXPLICIT_VR_BIG_ENDIAN.uid();

/// The syntax of a UID; `None` for one that is private, or younger than the registry.
pub(crate) fn get(uid: &str) -> Option<Syntax> {
    TransferSyntaxRegistry.get(uid)
}

fn built_in(uid: &str) -> Syntax {
    get(uid).expect("the registry holds the syntaxes that every DICOM implementation has")
}

/// Implicit VR Little Endian.
pub(crate) fn implicit() -> Syntax {
    built_in(uids::IMPLICIT_VR_LITTLE_ENDIAN)
}

/// Explicit VR Little Endian.
pub(crate) fn explicit() -> Syntax {
    built_in(uids::EXPLICIT_VR_LITTLE_ENDIAN)
}

/// Explicit VR Big Endian.
pub(crate) fn big_endian() -> Syntax {
    built_in(EXPLICIT_VR_BIG_ENDIAN)
}

pub(crate) fn is_big_endian(syntax: Syntax) -> bool {
    syntax.endianness() == Endianness::Big
}

/// The three syntaxes that differ in how elements are written and in nothing else.
pub(crate) fn is_native(uid: &str) -> bool {
    matches!(uid, uids::IMPLICIT_VR_LITTLE_ENDIAN | uids::EXPLICIT_VR_LITTLE_ENDIAN | EXPLICIT_VR_BIG_ENDIAN)
}

/// Whether the whole data set is compressed (PS3.5 A.5).
pub(crate) fn is_deflated(uid: &str) -> bool {
    get(uid).is_some_and(|syntax| matches!(syntax.codec(), Codec::Dataset(_)))
}

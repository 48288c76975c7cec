//! Patient names of every character set of the test data, as pydicom reads them.

use crate::{data, header};

const NAMES: [(&str, &str); 15] = [
    ("chrArab", "قباني^لنزار"),
    ("chrFren", "Buc^Jérôme"),
    ("chrFrenMulti", "Buc^Jérôme"),
    ("chrGerm", "Äneas^Rüdiger"),
    ("chrGreek", "Διονυσιος"),
    ("chrH31", "Yamada^Tarou=山田^太郎=やまだ^たろう"),
    ("chrH32", "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう"),
    ("chrHbrw", "שרון^דבורה"),
    ("chrI2", "Hong^Gildong=洪^吉洞=홍^길동"),
    ("chrJapMulti", "やまだ^たろう"),
    ("chrJapMultiExplicitIR6", "やまだ^たろう"),
    ("chrKoreanMulti", "김희중"),
    ("chrRuss", "Люкceмбypг"),
    ("chrX1", "Wang^XiaoDong=王^小東"),
    ("chrX2", "Wang^XiaoDong=王^小东"),
];

#[test]
fn names_are_read_in_every_character_set() {
    let Some(folder) = data("dicom/charset") else { return };
    for (file, name) in NAMES {
        assert_eq!(header(&folder.join(file).with_extension("dcm")).patient_name, name, "{file}");
    }
}

#[test]
fn an_item_may_have_its_own_character_set() {
    let Some(folder) = data("dicom/charset") else { return };
    for file in ["chrSQEncoding.dcm", "chrSQEncoding1.dcm"] {
        let scanned = crate::scan(&[folder.join(file)]);
        let tree = lightbox_source::ImageSource::tags(&*scanned.catalogue, scanned.headers[0].id).expect("a tree");
        let sequence = tree.elements.iter().find(|e| e.tag == (0x0032, 0x1064)).expect("the sequence");
        let name = sequence.children[0].children.iter().find(|e| e.tag == (0x0010, 0x0010)).expect("the name");
        assert_eq!(name.value, "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう", "{file}");
    }
}

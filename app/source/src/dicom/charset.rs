//! Specific Character Set (0008,0005): PS3.3 C.12.1.1.2 and PS3.5 6.1, with ISO 2022 code extensions.

use encoding_rs::{
    BIG5, EUC_JP, EUC_KR, Encoding, GB18030, GBK, ISO_8859_2, ISO_8859_3, ISO_8859_4, ISO_8859_5, ISO_8859_6, ISO_8859_7,
    ISO_8859_8, ISO_8859_15, SHIFT_JIS, UTF_8, WINDOWS_874, WINDOWS_1254,
};

/// The upper half of a code table, or a multi-byte code.
#[derive(Clone, Copy, PartialEq)]
enum Code {
    /// ISO 8859-1, also for bytes that no declared set explains.
    Latin1,
    /// A set that an encoder of the web platform covers, one or more bytes a character.
    Web(&'static Encoding),
    /// JIS X 0208, two bytes.
    Jis208,
    /// JIS X 0212, two bytes.
    Jis212,
}

/// How the text of a data set is coded.
#[derive(Clone, Copy)]
pub(crate) struct Charset {
    /// In force where no escape sequence has been seen.
    initial: Code,
    /// Escape sequences may switch.
    extensions: bool,
}

impl Default for Charset {
    fn default() -> Self {
        Self { initial: Code::Latin1, extensions: false }
    }
}

/// The set named by the digits of `ISO_IR n` and `ISO 2022 IR n`, or by a name of its own.
fn code(term: &str) -> Option<Code> {
    let term = term.trim();
    let number = term
        .strip_prefix("ISO_IR")
        .or_else(|| term.strip_prefix("ISO 2022 IR"))
        .or_else(|| term.strip_prefix("ISO IR"))
        .or_else(|| term.strip_prefix("ISO-IR"));
    Some(match number.map(|n| n.trim_start_matches(['_', ' ', '-'])) {
        Some("6" | "100") => Code::Latin1,
        Some("101") => Code::Web(ISO_8859_2),
        Some("109") => Code::Web(ISO_8859_3),
        Some("110") => Code::Web(ISO_8859_4),
        Some("144") => Code::Web(ISO_8859_5),
        Some("127") => Code::Web(ISO_8859_6),
        Some("126") => Code::Web(ISO_8859_7),
        Some("138") => Code::Web(ISO_8859_8),
        Some("148") => Code::Web(WINDOWS_1254),
        Some("203") => Code::Web(ISO_8859_15),
        Some("13") => Code::Web(SHIFT_JIS),
        Some("166") => Code::Web(WINDOWS_874),
        Some("87" | "159") => Code::Latin1,
        Some("149") => Code::Web(EUC_KR),
        Some("58") => Code::Web(GBK),
        Some("192") => Code::Web(UTF_8),
        None => match term {
            "" => Code::Latin1,
            "GB18030" => Code::Web(GB18030),
            "GBK" => Code::Web(GBK),
            "BIG5" => Code::Web(BIG5),
            _ => return None,
        },
        _ => return None,
    })
}

impl Charset {
    /// From the value of Specific Character Set. Unknown terms count as the default repertoire.
    pub(crate) fn new(value: &str) -> Self {
        let value = value.trim_end_matches(['\0', ' ']);
        let mut terms = value.split('\\');
        let first = terms.next().unwrap_or("");
        let more = terms.next().is_some();
        let extensions = more || first.trim().starts_with("ISO 2022");
        // Multi-byte sets of ISO 2022 are switched on by an escape sequence and never by being named.
        let initial = match code(first) {
            Some(Code::Web(web)) if extensions && !web.is_single_byte() && web != SHIFT_JIS && web != UTF_8 => Code::Latin1,
            Some(code) => code,
            None => Code::Latin1,
        };
        Self { initial, extensions }
    }

    /// Text of `bytes`. Name groups and components are kept as they are; `name` says that `^` and `=` end a run of
    /// escaped characters, as they do in PN.
    pub(crate) fn decode(self, bytes: &[u8], name: bool) -> String {
        if !self.extensions || !bytes.contains(&0x1B) {
            return whole(self.initial, bytes);
        }
        let mut out = String::with_capacity(bytes.len());
        let mut state = State { low: None, high: self.initial };
        let mut rest = bytes;
        while let [byte, tail @ ..] = rest {
            if *byte == 0x1B {
                rest = state.escape(tail);
                continue;
            }
            let len = run(rest, state, name);
            let (now, later) = rest.split_at(len);
            match state.low {
                Some(code) if now.iter().all(|b| *b < 0x80) => out.push_str(&two_byte(code, now)),
                _ => out.push_str(&whole(state.high, now)),
            }
            if let [b, ..] = later
                && *b != 0x1B
                && state.low.is_none()
            {
                out.push(char::from(*b));
                state = State { low: None, high: self.initial };
                rest = &later[1..];
            } else {
                rest = later;
            }
        }
        out
    }
}

/// What the lower (G0) and upper (G1) halves of the code table hold.
#[derive(Clone, Copy)]
struct State {
    low: Option<Code>,
    high: Code,
}

impl State {
    /// Takes an escape sequence (PS3.3 tables C.12-3 and C.12-4) off the front of `rest`.
    fn escape<'a>(&mut self, rest: &'a [u8]) -> &'a [u8] {
        let one = |final_byte: u8| {
            Some(match final_byte {
                b'A' => Code::Latin1,
                b'B' => Code::Web(ISO_8859_2),
                b'C' => Code::Web(ISO_8859_3),
                b'D' => Code::Web(ISO_8859_4),
                b'F' => Code::Web(ISO_8859_7),
                b'G' => Code::Web(ISO_8859_6),
                b'H' => Code::Web(ISO_8859_8),
                b'L' => Code::Web(ISO_8859_5),
                b'M' => Code::Web(WINDOWS_1254),
                b'T' => Code::Web(WINDOWS_874),
                b'b' => Code::Web(ISO_8859_15),
                _ => return None,
            })
        };
        match rest {
            [b'(', b'B' | b'J', tail @ ..] => {
                self.low = None;
                tail
            }
            [b')', b'I', tail @ ..] => {
                self.high = Code::Web(SHIFT_JIS);
                tail
            }
            [b'$', b'B' | b'@', tail @ ..] => {
                self.low = Some(Code::Jis208);
                tail
            }
            [b'$', b'(', b'D', tail @ ..] => {
                self.low = Some(Code::Jis212);
                tail
            }
            [b'$', b')', b'C', tail @ ..] => {
                self.high = Code::Web(EUC_KR);
                tail
            }
            [b'$', b')', b'A', tail @ ..] => {
                self.high = Code::Web(GBK);
                tail
            }
            [b'-', last, tail @ ..] => {
                self.high = one(*last).unwrap_or(self.high);
                tail
            }
            // Not one of DICOM's: the escape character itself is dropped.
            _ => rest,
        }
    }
}

/// Length of the run up to the next escape or to a delimiter that resets the code table (PS3.5 6.1.2.5.3). Within a
/// two-byte code in the lower half, delimiters are parts of characters.
fn run(bytes: &[u8], state: State, name: bool) -> usize {
    let stops = |b: &u8| match b {
        0x1B => true,
        _ if state.low.is_some() => false,
        b'\\' | b'\r' | b'\n' | b'\t' | 0x0C => true,
        b'^' | b'=' => name,
        _ => false,
    };
    bytes.iter().position(stops).unwrap_or(bytes.len())
}

/// Text of bytes of one code.
fn whole(code: Code, bytes: &[u8]) -> String {
    match code {
        Code::Web(encoding) => encoding.decode_without_bom_handling(bytes).0.into_owned(),
        _ => bytes.iter().map(|&b| char::from(b)).collect(),
    }
}

/// Two-byte codes of the lower half, moved to where EUC-JP has them.
fn two_byte(code: Code, bytes: &[u8]) -> String {
    let mut euc = Vec::with_capacity(bytes.len() * 2);
    for pair in bytes.chunks(2) {
        if code == Code::Jis212 {
            euc.push(0x8F);
        }
        euc.extend(pair.iter().map(|b| b | 0x80));
    }
    EUC_JP.decode_without_bom_handling(&euc).0.into_owned()
}

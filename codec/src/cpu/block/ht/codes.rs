//! The CxtVLC codes of ISO/IEC 15444-15, Annex C, from which the tables of the decoder and of the encoder are made.

/// One code of a quad.
#[derive(Clone, Copy)]
pub(super) struct Code {
    /// Whether it holds in the first row of quads; otherwise in all others.
    pub initial: bool,
    /// The quad's context c_q.
    pub context: u32,
    /// Significance of the four samples.
    pub rho: u32,
    /// Whether a U-VLC code follows.
    pub u_off: u32,
    /// Which samples' leading magnitude bit is known.
    pub e_k: u32,
    /// The known bits.
    pub e_1: u32,
    /// The codeword, its first bit lowest.
    pub codeword: u32,
    /// Bits of the codeword.
    pub length: u32,
}

/// Annex C in rows of numbers; its first line names the columns.
const TEXT: &[u8] = include_bytes!("cxtvlc.csv");
/// Lines of [`TEXT`] without the first.
const COUNT: usize = 802;

/// All codes of Annex C.
pub(super) static CODES: [Code; COUNT] = parse();

const fn parse() -> [Code; COUNT] {
    let none = Code { initial: false, context: 0, rho: 0, u_off: 0, e_k: 0, e_1: 0, codeword: 0, length: 0 };
    let mut codes = [none; COUNT];
    let (mut at, mut line) = (0, 0);
    while at < TEXT.len() {
        let initial = TEXT[at] == b'i';
        while TEXT[at] != b',' {
            at += 1;
        }
        let mut field = [0u32; 7];
        let mut n = 0;
        while n < 7 && line > 0 {
            at += 1;
            while TEXT[at].is_ascii_digit() {
                field[n] = field[n] * 10 + (TEXT[at] - b'0') as u32;
                at += 1;
            }
            n += 1;
        }
        if line > 0 {
            let [context, rho, u_off, e_k, e_1, codeword, length] = field;
            assert!(context < 8 && rho < 16 && u_off < 2 && e_k < 16 && e_1 < 16 && 0 < length && length < 8);
            codes[line - 1] = Code { initial, context, rho, u_off, e_k, e_1, codeword, length };
        }
        while TEXT[at] != b'\n' {
            at += 1;
        }
        (at, line) = (at + 1, line + 1);
    }
    assert!(line == COUNT + 1);
    codes
}

// Step one of the cleanup pass (ISO/IEC 15444-15, 7.3.3 to 7.3.6): MEL, CxtVLC and U-VLC codes to a record per quad.
//
// This chain is serial within a block: every code's length tells where the next begins. A thread runs the chain of one
// block and keeps all of its state in registers; how many lanes of a warp do so is the runner's choice.
#pragma once

#include "abi.cuh"

// The VLC bits of a suffix, read backwards from its end in aligned words (7.1.4).
struct VlcBits {
    const u32 *next;
    // Coded bytes below the window, and the word at `next`, loaded long before it is needed.
    u32 left;
    u32 ahead;
    // Bits not yet used, the next one lowest: 64 in two words, since the device shifts no more at a time.
    u32 low, high;
    u32 count;
    // The top bit of the next byte where it is a stuffing bit if the seven below it are ones.
    u32 first;
    // Bits taken into the window from beyond the beginning.
    u32 zeros;

    // Appends a word to a window of at most 32 bits.
    INLINE void append(u32 word, u32 bits) {
        // At 32 the shifts do nothing and the word goes into the upper half as it is.
        const u32 shifted = __funnelshift_l(word, 0, count);
        low |= count < 32 ? word << (count & 31) : 0;
        high = count < 32 ? shifted : word;
        count += bits;
    }

    // Takes `bytes` bytes, the first one lowest, and removes what is stuffed.
    INLINE u32 take(u32 word, u32 bytes) {
        const u32 within = bytes < 4 ? (1u << 8 * bytes) - 1 : ~0u;
        const u32 top = 0x80808080u;
        word &= within;
        const u32 above = word & (word << 1 | word << 2 | word << 3) & top;
        u32 stuffed = ((word & ~top) + 0x01010101u) & (above << 8 | first) & top & within;
        first = above >> ((8 * bytes - 8) & 31) & 0x80;
        u32 bits = 8 * bytes;
        while (stuffed) {
            // From the top, so that the places below stay where they are.
            const u32 bit = 1u << (31 - __clz(stuffed));
            word = (word >> 1 & ~(bit - 1)) | (word & (bit - 1));
            stuffed ^= bit;
            bits -= 1;
        }
        append(word, bits);
        return bits;
    }

    INLINE void load_ahead() {
        next -= 1;
        ahead = left ? *next : 0;
    }

    INLINE void start(const u8 *end, u32 bytes) {
        next = (const u32 *)end - 1;
        const u32 word = __byte_perm(*next, 0, 0x0123);
        // The last twelve bits are the suffix length; they count as ones.
        const u32 nibble = word >> 12 & 15;
        const u32 bits = (nibble & 7) == 7 ? 3 : 4;
        low = nibble & ((1u << bits) - 1);
        high = 0;
        count = bits;
        first = ((word >> 8 & 0xFF) | 0x0F) > 0x8F ? 0x80 : 0;
        zeros = 0;
        left = bytes - 2;
        const u32 now = min(left, 2u);
        take(word >> 16, now);
        left -= now;
        load_ahead();
    }

    // Takes bits until more than 32 are there.
    INLINE void refill() {
        while (count <= 32) {
            const u32 word = __byte_perm(ahead, 0, 0x0123);
            if (left >= 4) {
                take(word, 4);
                left -= 4;
            } else {
                const u32 bits = left ? take(word, left) : 0;
                left = 0;
                zeros += 32 - bits;
                count += 32 - bits;
            }
            load_ahead();
        }
    }

    // Removes at most 31 bits.
    INLINE void skip(u32 bits) {
        low = __funnelshift_r(low, high, bits);
        high >>= bits;
        count -= bits;
    }
};

// The MEL adaptive run-length decoder (7.1.3, 7.3.3).
struct Mel {
    const u8 *bytes;
    u32 left;
    // Bits not yet used, the next one in the top place.
    u64 window;
    u32 count;
    u32 after_ones;
    u32 state;
    // Events left of the run: two for each 0, and one more when a 1 ends it.
    u32 run;

    INLINE void start(const u8 *suffix, u32 length) {
        bytes = suffix;
        left = length;
        window = 0;
        count = 0;
        after_ones = 0;
        state = 0;
        run = 0;
    }

    // The last twelve bits of the suffix, and all beyond it, are ones.
    INLINE void fill() {
        while (count <= 56) {
            u32 byte = 0xFF;
            if (left > 1) byte = *bytes | (left == 2 ? 0x0F : 0);
            bytes += left > 0;
            left -= left > 0;
            const u32 bits = after_ones ? 7 : 8;
            after_ones = byte == 0xFF;
            window |= (u64)(byte & ((1u << bits) - 1)) << (64 - count - bits);
            count += bits;
        }
    }

    INLINE bool event() {
        if (run == 0) {
            if (count < 6) fill();
            // Table 2, four bits for each state.
            const u32 exponent = (u32)(0x5433222111000ull >> 4 * state) & 15;
            u32 used = 1;
            if (window >> 63) {
                run = 2u << exponent;
                state = min(state + 1, 12u);
            } else {
                run = 2 * (u32)(window >> (63 - exponent)) + 1;
                state -= state > 0;
                used += exponent;
            }
            window <<= used;
            count -= used;
        }
        const bool one = run == 1;
        run = run > 2 ? run - 2 : 0;
        return one;
    }
};

// One quad's entry. In context 0 a MEL event says whether there is a code at all.
INLINE u32 quad_entry(const u32 *table, Mel &mel, u32 context, u32 bits) {
    u32 entry = table[context | (bits & 127)];
    if (context == 0 && !mel.event()) entry = 0;
    return entry;
}

// Exponents of a pair with their extensions (Table 3): u of 33 and more. Rare.
INLINE void extend(VlcBits &vlc, u32 suffix, u32 &exponent) {
    if (suffix >= 28) {
        vlc.refill();
        exponent += (vlc.low & 15) << (RECORD_EXPONENT + 2);
        vlc.skip(4);
    }
}

// Reads every quad of a block into its records, an even number to a row. `above` holds one word for every 16 quads, this
// thread's words `pitch` apart: the significance of the bottom samples of the row above, two bits to a quad.
INLINE void read_quads(const Launch &launch, const CodedBlock &block, const u32 *tables, u32 *above, u32 pitch, u32 *status) {
    const u32 quads = (block.width + 1u) / 2, rows = (block.height + 1u) / 2, words = (quads + 15) / 16;
    VlcBits vlc;
    vlc.start(launch.input + block.suffix_end, block.suffix_bytes);
    Mel mel;
    mel.start(launch.input + block.suffix_end - block.suffix_bytes, block.suffix_bytes);
    for (u32 w = 0; w < words; w++) above[w * pitch] = 0;

    const u64 *uvlc = (const u64 *)(tables + TABLE_UVLC);
    const u32 context_mask = 7u << RECORD_CONTEXT;
    u32 *records = launch.records + block.records;
    for (u32 y = 0; y < rows; y++) {
        const u32 *table = y == 0 ? tables : tables + TABLE_OTHER;
        u32 left = 0, before = 0;
        u32 word = above[0];
        for (u32 w = 0; w < words; w++) {
            const u32 after = w + 1 < words ? above[(w + 1) * pitch] : 0;
            // Bits 2i and 2i + 2: the two context bits of quad i that come from the row above (7.3.5).
            u64 around = before | (u64)word << 1 | (u64)(after & 1) << 33;
            around |= around >> 1;
            u32 bottoms = 0;
            const u32 end = min(quads - 16 * w, 16u);
            for (u32 i = 0; i < end; i += 2) {
                vlc.refill();
                const u32 over = (u32)around;
                around >>= 4;
                u32 bits = vlc.low;
                const u32 first = quad_entry(table, mel, (over & 5) << RECORD_CONTEXT | (left & context_mask), bits);
                bits >>= first & 7;
                u32 second = 0;
                if (i + 1 < end) {
                    second = quad_entry(table, mel, (over >> 2 & 5) << RECORD_CONTEXT | (first & context_mask), bits);
                    bits >>= second & 7;
                }
                left = second;
                u32 mode = (first & 1u << RECORD_U_OFF) | (second & 1u << RECORD_U_OFF) << 1;
                // In the first row a MEL event tells how two codes are joined.
                if (y == 0 && mode == 3u << RECORD_U_OFF) mode = (mel.event() ? 5u : 4u) << RECORD_U_OFF;
                const u64 code = uvlc[mode | (bits & 63)];
                const u32 low = (u32)code, high = (u32)(code >> 32);
                const u32 suffixes = bits >> (low >> 8 & 31), length = low >> 16 & 15;
                const u32 suffix0 = suffixes & ((1u << length) - 1);
                const u32 suffix1 = suffixes >> length & ((1u << (high & 15)) - 1);
                vlc.skip((first & 7) + (second & 7) + (low & 31));
                u32 u0 = (low & 0xFF000000u) + (suffix0 << RECORD_EXPONENT);
                u32 u1 = (high & 0xFF000000u) + (suffix1 << RECORD_EXPONENT);
                if (suffix0 >= 28 || suffix1 >= 28) {
                    extend(vlc, suffix0, u0);
                    extend(vlc, suffix1, u1);
                }
                // Samples 1 and 3 of each quad are at its bottom.
                const u32 bottom0 = (first >> (RECORD_RHO + 1) & 1) | (first >> (RECORD_RHO + 2) & 2);
                const u32 bottom1 = (second >> (RECORD_RHO + 1) & 1) | (second >> (RECORD_RHO + 2) & 2);
                bottoms |= (bottom0 | bottom1 << 2) << 2 * i;
                *(uint2 *)(records + 16 * w + i) = make_uint2(first + u0, second + u1);
            }
            above[w * pitch] = bottoms;
            before = word >> 31;
            word = after;
        }
        if (vlc.count < vlc.zeros) {
            *status = status_of(y, STATUS_VLC_END);
            return;
        }
        records += (quads + 1) & ~1u;
    }
    *status = STATUS_SOUND;
}

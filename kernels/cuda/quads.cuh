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

    // Takes what is stuffed out of a word of `bytes` bytes, the first one lowest and zeros behind the last, and out of `bits`.
    INLINE u32 unstuff(u32 word, u32 bytes, u32 &bits) {
        const u32 top = 0x80808080u;
        const u32 above = word & (word << 1 | word << 2 | word << 3) & top;
        u32 stuffed = ((word & ~top) + 0x01010101u) & (above << 8 | first) & top;
        first = above >> (8 * bytes - 8) & 0x80;
        while (stuffed) {
            // From the top, so that the places below stay where they are.
            const u32 bit = 1u << (31 - __clz((int)stuffed));
            word = (word >> 1 & ~(bit - 1)) | (word & (bit - 1));
            stuffed ^= bit;
            bits -= 1;
        }
        return word;
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
        u32 more = 8 * now;
        const u32 behind = unstuff(word >> 16 & ((1u << more) - 1), 2, more);
        append(behind, more);
        left -= now;
        load_ahead();
    }

    // Takes bits until 32 are there or more.
    INLINE void refill() {
        while (count < 32) {
            const u32 now = min(left, 4u);
            u32 bits = 32;
            const u32 word = unstuff(__byte_perm(ahead, 0, 0x0123) & ~0u >> ((32 - 8 * now) & 31), 4, bits);
            append(word, bits);
            left -= now;
            zeros += 32 - 8 * now;
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
    // The byte at `bytes`, loaded before it is needed.
    u32 ahead;
    // Bits not yet used, the next one in the top place.
    u32 window, count;
    u32 after_ones;
    u32 state;
    // Events not yet used, the next one lowest: 64 at most in two words.
    u32 low, high, events;

    INLINE void load_ahead() {
        ahead = 0xFF;
        if (left > 1) ahead = *bytes;
    }

    INLINE void start(const u8 *suffix, u32 length) {
        bytes = suffix;
        left = length;
        window = count = after_ones = state = low = high = events = 0;
        load_ahead();
    }

    INLINE void fill() {
        while (count <= 24) {
            // The last twelve bits of the suffix, and all beyond it, are ones.
            const u32 byte = ahead | (left == 2 ? 0x0F : 0), bits = after_ones ? 7 : 8;
            bytes += left > 0;
            left -= left > 0;
            load_ahead();
            after_ones = byte == 0xFF;
            window |= (byte & ((1u << bits) - 1)) << (32 - count - bits);
            count += bits;
        }
    }

    // Reads runs until `wanted` events are there or more.
    INLINE void refill(u32 wanted) {
        while (events < wanted) {
            if (count < 6) fill();
            // Table 2, four bits for each state.
            const u32 exponent = (u32)(0x5433222111000ull >> 4 * state) & 15;
            u32 used = 1;
            if (window >> 31) {
                events += 1u << exponent;
                state = min(state + 1, 12u);
            } else {
                const u32 zeros = window >> (31 - exponent);
                const u64 one = 1ull << (events + zeros);
                low |= (u32)one;
                high |= (u32)(one >> 32);
                events += zeros + 1;
                state -= state > 0;
                used += exponent;
            }
            window <<= used;
            count -= used;
        }
    }

    // The next event, which is used up where it is `wanted`.
    INLINE bool event(bool wanted) {
        const bool one = low & 1;
        low = __funnelshift_r(low, high, wanted);
        high >>= wanted;
        events -= wanted;
        return one;
    }
};

// Events that a pair of quads takes at most.
constexpr u32 PAIR_EVENTS = 3;

// The chain of a block: what it reads, and where it stands.
struct Chain {
    SharedTable tables;
    VlcBits vlc;
    Mel mel;
    u32 *records;

    INLINE explicit Chain(const u32 *from) : tables(from) {}

    // One quad's entry. In context 0 a MEL event says whether there is a code at all; beyond the last quad of a row there is none.
    template <bool FIRST_ROW> INLINE u32 entry(u32 context, u32 bits, bool inside) {
        const u32 found = tables.word<FIRST_ROW ? 0 : TABLE_OTHER>(context | (bits & 127));
        const bool asks = context == 0 && inside;
        const bool one = mel.event(asks);
        return inside && (!asks || one) ? found : 0;
    }

    // Reads two quads, the second of which may lie outside. `over` has their context bits from the row above, `left` the
    // record of the quad before; it becomes that of the second.
    template <bool FIRST_ROW> INLINE void pair(u32 over, bool both, u32 &left, u32 &bottoms) {
        const u32 context_mask = 7u << RECORD_CONTEXT;
        if (vlc.count < 32 || mel.events < PAIR_EVENTS) {
            vlc.refill();
            mel.refill(PAIR_EVENTS);
        }
        u32 bits = vlc.low;
        const u32 first = entry<FIRST_ROW>((over & 5) << RECORD_CONTEXT | (left & context_mask), bits, true);
        bits >>= first & 7;
        const u32 second = entry<FIRST_ROW>((over >> 2 & 5) << RECORD_CONTEXT | (first & context_mask), bits, both);
        bits >>= second & 7;
        left = second;
        u32 mode = (first & 1u << RECORD_U_OFF) | (second & 1u << RECORD_U_OFF) << 1;
        if (FIRST_ROW) {
            // A MEL event tells how two codes are joined.
            const bool joined = mode == 3u << RECORD_U_OFF, one = mel.event(joined);
            if (joined) mode = (one ? 5u : 4u) << RECORD_U_OFF;
        }
        const uint2 code = tables.pair<TABLE_UVLC>(mode | (bits & 63));
        const u32 low = code.x, high = code.y;
        const u32 suffixes = bits >> (low >> 8 & 31), length = low >> 16 & 15;
        const u32 suffix0 = suffixes & ((1u << length) - 1);
        const u32 suffix1 = suffixes >> length & ((1u << (high & 15)) - 1);
        vlc.skip((first & 7) + (second & 7) + (low & 31));
        u32 u0 = (low & 0xFF000000u) + (suffix0 << RECORD_EXPONENT);
        u32 u1 = (high & 0xFF000000u) + (suffix1 << RECORD_EXPONENT);
        // Exponents with their extensions (Table 3): u of 33 and more. Rare.
        if (suffix0 >= 28 || suffix1 >= 28) {
            vlc.refill();
            const u32 length0 = suffix0 >= 28 ? 4 : 0, length1 = suffix1 >= 28 ? 4 : 0;
            u0 += (vlc.low & ((1u << length0) - 1)) << (RECORD_EXPONENT + 2);
            u1 += (vlc.low >> length0 & ((1u << length1) - 1)) << (RECORD_EXPONENT + 2);
            vlc.skip(length0 + length1);
        }
        // Samples 1 and 3 of each quad are at its bottom.
        const u32 bottom0 = (first >> (RECORD_RHO + 1) & 1) | (first >> (RECORD_RHO + 2) & 2);
        const u32 bottom1 = (second >> (RECORD_RHO + 1) & 1) | (second >> (RECORD_RHO + 2) & 2);
        bottoms = bottoms >> 4 | bottom0 << 28 | bottom1 << 30;
        *(uint2 *)records = make_uint2(first + u0, second + u1);
        records += 2;
    }

    // Reads a row of quads. `above` holds one word for every 16 quads, `pitch` apart: the significance of the bottom samples of
    // the row above, two bits to a quad; then of this one.
    template <bool FIRST_ROW> INLINE void row(u32 quads, u32 *above, u32 pitch) {
        u32 left = 0, before = 0, word = above[0];
        for (u32 first = 0; first < quads; first += 16, above += pitch) {
            const u32 after = first + 16 < quads ? above[pitch] : 0;
            // Bits 2i and 2i + 2: the two context bits of quad i that come from the row above (7.3.5).
            u64 around = before | (u64)word << 1 | (u64)(after & 1) << 33;
            around |= around >> 1;
            const u32 count = min(quads - first, 16u);
            u32 bottoms = 0;
            for (u32 i = 0; i < count; i += 2, around >>= 4) pair<FIRST_ROW>((u32)around, i + 1 < count, left, bottoms);
            // As if there had been 16.
            above[0] = bottoms >> (32 - 4 * ((count + 1) / 2));
            before = word >> 31;
            word = after;
        }
    }
};

// Reads every quad of a block into its records, an even number to a row.
INLINE void read_quads(const Launch &launch, const CodedBlock &block, const u32 *tables, u32 *above, u32 pitch, u32 *status) {
    const u32 quads = (block.width + 1u) / 2, rows = (block.height + 1u) / 2;
    for (u32 w = 0; 16 * w < quads; w++) above[w * pitch] = 0;
    Chain chain(tables);
    chain.vlc.start(launch.input + block.suffix_end, block.suffix_bytes);
    chain.mel.start(launch.input + block.suffix_end - block.suffix_bytes, block.suffix_bytes);
    chain.records = launch.records + block.records;
    chain.row<true>(quads, above, pitch);
    u32 y = 0;
    while (chain.vlc.count >= chain.vlc.zeros && ++y < rows) chain.row<false>(quads, above, pitch);
    *status = y == rows ? STATUS_SOUND : status_of(y, STATUS_VLC_END);
}

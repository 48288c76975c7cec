// The two bit-streams of a cleanup segment's suffix: VLC from its end backwards, and MEL from its beginning (ISO/IEC 15444-15, 7.1).
// A thread reads both and keeps what is loaded in registers.
#pragma once

#include "abi.cuh"

// The VLC bits of a suffix, read backwards from its end (7.1.4).
struct VlcBits {
    const u32 *next;
    // Coded bytes below the window.
    u32 left;
    // The word at `next`, loaded long before it is needed, the one above it, and how many bits of that one are still to come:
    // a suffix may end anywhere in a word.
    u32 ahead, higher, shift;
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
        higher = ahead;
        ahead = *--next;
    }

    // The next four bytes, the first one lowest.
    INLINE u32 next_word() const { return __byte_perm(__funnelshift_r(ahead, higher, shift), 0, 0x0123); }

    INLINE void start(const u8 *input, u32 end, u32 bytes) {
        next = aligned(input + end);
        shift = bits_before(input + end);
        ahead = *next;
        load_ahead();
        const u32 word = next_word();
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
            const u32 within = now ? ~0u >> (32 - 8 * now) : 0;
            const u32 word = unstuff(next_word() & within, 4, bits);
            append(word, bits);
            left -= now;
            zeros += 32 - 8 * now;
            // What lies before the suffix is loaded and not used.
            if (left) load_ahead();
        }
    }

    // Takes a word where there is room for it and nothing in it is stuffed, which is nearly always: without a branch.
    INLINE void refill_plain() {
        const u32 word = next_word(), top = 0x80808080u;
        const u32 above = word & (word << 1 | word << 2 | word << 3) & top;
        const u32 stuffed = ((word & ~top) + 0x01010101u) & (above << 8 | first) & top;
        const bool takes = count < 32 && left >= 4 && stuffed == 0;
        low |= takes ? word << (count & 31) : 0;
        high = takes ? __funnelshift_l(word, 0, count) : high;
        count += takes ? 32 : 0;
        first = takes ? above >> 24 : first;
        left -= takes ? 4 : 0;
        next -= takes ? 1 : 0;
        higher = takes ? ahead : higher;
        if (takes) ahead = *next;
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
    // The input, and where in it the next byte is.
    const u8 *input;
    u32 next;
    u32 left;
    // That byte, loaded before it is needed.
    u32 ahead;
    // Bits not yet used, the next one in the top place.
    u32 window, count;
    u32 after_ones;
    u32 state;
    // Events not yet used, the next one lowest: 64 at most in two words.
    u32 low, high, events;

    INLINE void load_ahead() {
        ahead = 0xFF;
        if (left > 1) ahead = input[next];
    }

    INLINE void start(const u8 *from, u32 suffix, u32 length) {
        input = from;
        next = suffix;
        left = length;
        window = count = after_ones = state = low = high = events = 0;
        load_ahead();
    }

    INLINE void fill() {
        while (count <= 24) {
            // The last twelve bits of the suffix, and all beyond it, are ones.
            const u32 byte = ahead | (left == 2 ? 0x0F : 0), bits = after_ones ? 7 : 8;
            next += left > 0;
            left -= left > 0;
            load_ahead();
            after_ones = byte == 0xFF;
            window |= (byte & ((1u << bits) - 1)) << (32 - count - bits);
            count += bits;
        }
    }

    // Reads runs until 32 events are there or more; a run has 33 at most.
    INLINE void refill() {
        while (events < 32) {
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

    // The event behind `before` others.
    INLINE bool event(u32 before) const { return low >> before & 1; }

    INLINE void skip(u32 count) {
        low = __funnelshift_r(low, high, count);
        high >>= count;
        events -= count;
    }
};

// Decisions of the coding passes from the bytes of a codeword segment: the MQ decoder (ISO/IEC 15444-1, Annex C) and the raw
// bits of the arithmetic coding bypass (D.6).
//
// One thread reads a segment. Whatever it is given, it makes the decisions of the decoder for processors.
#pragma once

#include "abi.cuh"

// Labels of the contexts (Table D.7): zero coding from 0 on, sign coding from 9 on, and these.
constexpr u32 CONTEXT_REFINEMENT = 14, CONTEXT_RUN = 17, CONTEXT_UNIFORM = 18, CONTEXTS = 19;

// Words of a probability state: Qe in the upper half, then the numbers of the states that follow a renormalisation after the
// less and after the more probable symbol, in seven bits each from bits 9 and 2 on, and MPS.
constexpr u32 STATES = 128, STATE_QE = 0xFFFF0000u, STATE_LESS = 9, STATE_MORE = 2, STATE_NUMBER = 127;

struct Probabilities {
    u32 states[STATES];
    // The state of each context.
    u32 contexts[CONTEXTS];

    // What a code-block begins with (Table D.7). The number of a state is 2 I(CX) + MPS(CX).
    INLINE void reset() {
        for (u32 n = 0; n < CONTEXTS; n++) contexts[n] = states[0];
        contexts[0] = states[2 * 4];
        contexts[CONTEXT_RUN] = states[2 * 3];
        contexts[CONTEXT_UNIFORM] = states[2 * 46];
    }
};

// The bytes of a segment.
struct Bytes {
    const u8 *at;
    u32 left;
    u32 after_ones;
    // Bits beyond the end that have been given as ones.
    u32 invented;

    // The next byte and how many bits of it are new: seven behind an 0xFF. A marker ends the segment, and ones follow.
    INLINE u32 next(u32 &bits) {
        u32 byte = left ? *at : 0xFF;
        const bool there = left && !(after_ones && byte > 0x8F);
        byte = there ? byte : 0xFF;
        bits = there && after_ones ? 7 : 8;
        at += 1;
        left = there ? left - 1 : 0;
        after_ones = there && byte == 0xFF;
        invented += there ? 0 : 8;
        return byte;
    }
};

// The MQ decoder. A and C stand in the top 16 bits of a word; below them C holds bits that have been loaded early, and more in a
// second word.
struct Mq {
    Probabilities &probabilities;
    Bytes bytes;
    u32 a, c, low;
    // Bits of C below its top 16.
    i32 left;

    // INITDEC (C.3.5). The top bit of C stays free: 15 bits are missing in its top 16.
    INLINE Mq(Probabilities &all, Bytes from) : probabilities(all), bytes(from), a(0x80000000u), c(0), low(0), left(-15) { load(); }

    // BYTEIN (C.3.4) until the register is full. The bit that a byte behind 0xFF has in common with it may carry into it.
    INLINE void load() {
        u64 whole = (u64)c << 32 | low;
        while (left <= 32) {
            u32 bits;
            const u32 byte = bytes.next(bits);
            left += (i32)bits;
            whole += (u64)byte << (48 - left);
        }
        c = (u32)(whole >> 32);
        low = (u32)whole;
    }

    // DECODE (C.3.2).
    INLINE u32 decode(u32 context) {
        const u32 state = probabilities.contexts[context];
        const u32 qe = state & STATE_QE;
        const u32 upper = a - qe;
        // The lower sub-interval has the size Qe. It is the less probable symbol's unless it is the larger one.
        const bool lower = c < qe;
        const bool less_probable = lower != (upper < qe);
        c = lower ? c : c - qe;
        a = lower ? qe : upper;
        // RENORMD: as many shifts at once as A needs.
        if (a < 0x80000000u) {
            const u32 next = state >> (less_probable ? STATE_LESS : STATE_MORE) & STATE_NUMBER;
            probabilities.contexts[context] = probabilities.states[next];
            const u32 shift = (u32)__clz((int)a);
            a <<= shift;
            c = __funnelshift_l(low, c, shift);
            low <<= shift;
            left -= (i32)shift;
            if (left < 0) load();
        }
        return (state & 1) ^ (less_probable ? 1u : 0u);
    }

    INLINE u32 significance(u32 context) { return decode(context); }

    // The sign bit of a sample; `entry` is one of the sign coding table.
    INLINE u32 sign(u32 entry) { return decode(entry & 31) ^ entry >> 7; }

    INLINE u32 refinement(u32 context) { return decode(context); }

    // Whether the segment ends as D.4.2 lets an encoder end it: it writes the lower bound of its interval, cut below the 16 bits
    // of A within a byte. The difference to that bound, C, then has no bit among those that were written.
    INLINE bool ends_predictably() const {
        // Bits of the segment below the top 16 of C; negative where that many of the 16 were never written.
        const long long unused = (long long)left - (long long)bytes.invented + 8 * (long long)bytes.left;
        const i32 zeros = c ? __clz((int)c) : 32 + __clz((int)low);
        // An encoder may leave out a last 0xFF.
        return unused >= -23 && unused <= 48 && zeros >= 16 + unused;
    }
};

// Raw bits: from the top bit of a byte down.
struct Raw {
    Bytes bytes;
    u32 byte, count;

    INLINE explicit Raw(Bytes from) : bytes(from), byte(0), count(0) {}

    INLINE u32 next() {
        if (count == 0) byte = bytes.next(count);
        count -= 1;
        return byte >> count & 1;
    }

    INLINE u32 significance(u32) { return next(); }
    INLINE u32 sign(u32) { return next(); }
    INLINE u32 refinement(u32) { return next(); }

    // Whether the segment ends as D.6 lets an encoder end it: unused bits of the last byte alternate from 0 on, and the last byte
    // is not 0xFF.
    INLINE bool ends_predictably() {
        u32 expected = 0;
        while (!(count == 0 && byte != 0xFF) && bytes.invented == 0) {
            if (next() != expected) return false;
            expected ^= 1;
        }
        return bytes.left == 0 && bytes.invented == 0;
    }
};

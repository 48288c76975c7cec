// Step one of the cleanup pass (ISO/IEC 15444-15, 7.3.3 to 7.3.6): MEL, CxtVLC and U-VLC codes to a record per quad.
//
// This chain is serial within a block: every code's length tells where the next begins. A thread runs the chain of one
// block and keeps all of its state in registers; how many lanes of a warp do so is the runner's choice.
#pragma once

#include "abi.cuh"
#include "suffix.cuh"

// A pair of quads whose codes have been read, but not what the suffixes of their exponents say.
struct Pending {
    u32 first, second;
    // The entry of U-VLC, and the bits behind the CxtVLC codes.
    u32 values, suffixes, bits;

    // Each suffix comes by rotation to where the entry has its mask; U of the first quad is in the top byte, that of the second one
    // in the byte below.
    INLINE u32 suffix0() const { return __funnelshift_r(bits, bits, suffixes) & suffixes & 0x1F000000u; }
    INLINE u32 suffix1() const { return __funnelshift_r(bits, bits, suffixes >> 8) & suffixes & 0x001F0000u; }
    INLINE bool is_extended0() const { return suffix0() >= 28u << 24; }
    INLINE bool is_extended1() const { return suffix1() >= 28u << 16; }
    INLINE uint2 records() const {
        return make_uint2(first + suffix0() + (values & 0xFF000000u), second + ((suffix1() + (values & 0x00FF0000u)) << 8));
    }
};

// The chain of a block: what it reads, and where it stands. Its time is that from one table look-up to the next, so all that
// nothing waits for is done while a look-up is under way, and what comes seldom is behind one branch.
template <class Vlc> struct Chain {
    SharedTable tables;
    Vlc vlc;
    Mel mel;
    Pending pending;
    // Where the pending pair goes.
    u32 *records;

    INLINE Chain(u32 *from, const Vlc &bits) : tables(from), vlc(bits) {}

    // Whether the pending pair has extensions (Table 3), for u of 33 and more.
    INLINE bool is_extended() const { return pending.is_extended0() | pending.is_extended1(); }

    INLINE void extend(uint2 &made) {
        const u32 length0 = pending.is_extended0() ? 4 : 0, length1 = pending.is_extended1() ? 4 : 0, bits = vlc.bits();
        made.x += (bits & ((1u << length0) - 1)) << (RECORD_EXPONENT + 2);
        made.y += (bits >> length0 & ((1u << length1) - 1)) << (RECORD_EXPONENT + 2);
        vlc.skip(length0, length1);
    }

    INLINE void store(uint2 made) { *(uint2 *)records = made; }

    // Reads two quads, the second of which may lie outside, while the pair before them is finished. `over` has their context bits
    // from the row above, `left` the entry of the quad before; it becomes that of the second.
    template <bool FIRST_ROW, bool BOTH> INLINE void pair(u32 over, u32 &left, u32 &bottoms) {
        constexpr u32 TABLE = FIRST_ROW ? 0 : TABLE_OTHER;
        constexpr u32 FROM_LEFT = 7u << RECORD_CONTEXT, FROM_ABOVE = 5u << RECORD_CONTEXT;
        u32 context = (over & FROM_ABOVE) | (left & FROM_LEFT);
        u32 found = tables.word<TABLE>(context | (vlc.bits() & 127));
        uint2 made = pending.records();
        if (is_extended()) {
            extend(made);
            found = tables.word<TABLE>(context | (vlc.bits() & 127));
        }
        store(made);
        records += 2;
        // In context 0 a MEL event says whether there is a code at all; outside there is none. An entry is a shift count as well, by
        // its lowest five bits.
        u32 bits = vlc.bits();
        const u32 first = context || mel.event() ? found : 0;
        mel.skip(context == 0);
        bits = __funnelshift_r(bits, 0, first);
        u32 second = 0;
        if (BOTH) {
            context = (over >> 2 & FROM_ABOVE) | (first & FROM_LEFT);
            found = tables.word<TABLE>(context | (bits & 127));
            second = context || mel.event() ? found : 0;
            mel.skip(context == 0);
            bits = __funnelshift_r(bits, 0, second);
        }
        left = second;
        u32 mode = (first & 1u << RECORD_U_OFF) | (second & 1u << RECORD_U_OFF) << 1;
        if (FIRST_ROW) {
            // A MEL event tells how two codes are joined.
            const bool joined = mode == 3u << RECORD_U_OFF;
            if (joined) mode = (mel.event() ? 5u : 4u) << RECORD_U_OFF;
            mel.skip(joined);
        }
        const uint2 code = tables.pair<TABLE_UVLC>(mode | (bits & 63));
        bottoms = __funnelshift_r(bottoms, first >> RECORD_BOTTOM, 2);
        bottoms = __funnelshift_r(bottoms, second >> RECORD_BOTTOM, 2);
        vlc.skip(first + second, code.x);
        pending = {first, second, code.x, code.y, bits};
    }

    // Reads a row of quads. `above` holds one word for every 16 quads, `pitch` apart: the significance of the bottom samples of
    // the row above, two bits to a quad; then of this one.
    template <bool FIRST_ROW> INLINE void row(u32 quads, u32 *above, u32 pitch) {
        u32 left = 0, before = 0, word = above[0];
        for (u32 first = 0; first < quads; first += 16, above += pitch) {
            const u32 after = first + 16 < quads ? above[pitch] : 0;
            // Bits 2i and 2i + 2: the two context bits of quad i that come from the row above (7.3.5).
            u64 around = before | (u64)word << 1 | (u64)(after & 1) << 33;
            around = (around | around >> 1) << RECORD_CONTEXT;
            mel.begin(FIRST_ROW ? FIRST_GROUP_EVENTS : GROUP_EVENTS);
            vlc.begin();
            u32 bottoms = 0, count = min(quads - first, 16u);
            // As if there had been 16.
            const u32 missing = 32 - 4 * ((count + 1) / 2);
            for (; count > 1; count -= 2, around >>= 4) pair<FIRST_ROW, true>((u32)around, left, bottoms);
            if (count) pair<FIRST_ROW, false>((u32)around, left, bottoms);
            mel.end();
            above[0] = bottoms >> (missing & 31);
            before = word >> 31;
            word = after;
        }
        uint2 made = pending.records();
        if (is_extended()) extend(made);
        store(made);
        // It is stored again when the next row begins.
        pending = {made.x, made.y, 0, 0, 0};
    }
};

// Reads every quad of a block into its records, an even number to a row, and returns its status. `done` is told how many rows
// there are after each. `above` holds a word for every 16 quads, `pitch` apart.
template <class Vlc, class Done>
INLINE u32 read_quads(const Launch &launch, const CodedBlock &block, u32 *tables, const Vlc &vlc, u32 *above, u32 pitch,
                      const Done &done) {
    const u32 quads = (block.width + 1u) / 2, rows = (block.height + 1u) / 2;
    for (u32 w = 0; 16 * w < quads; w++) above[w * pitch] = 0;
    Chain<Vlc> chain(tables, vlc);
    chain.mel.start(launch.input + block.suffix_end - block.suffix_bytes, block.suffix_bytes);
    chain.records = launch.records + block.records - 2;
    chain.pending = {};
    chain.template row<true>(quads, above, pitch);
    u32 y = 0;
    while (chain.vlc.is_sound()) {
        done(++y);
        if (y == rows) return STATUS_SOUND;
        chain.template row<false>(quads, above, pitch);
    }
    return status_of(y, STATUS_VLC_END);
}

// How far the chain of a block has come, for another warp of the same thread block.
struct Progress {
    // Rows of quads that are read, and whether that is all.
    u32 rows;
    u32 status;

    static constexpr u32 ENDED = 0x80000000u;

    INLINE void report(u32 count) {
        __threadfence_block();
        atomicExch(&rows, count);
    }

    INLINE void end(u32 with) {
        atomicExch(&status, with);
        __threadfence_block();
        atomicOr(&rows, ENDED);
    }

    // The status of a block whose chain has come to its end.
    INLINE u32 end_status() { return atomicOr(&status, 0u); }

    // Waits until a row is read or will never be; all lanes of a warp call it together.
    INLINE bool reach(u32 row, u32 lane) {
        for (;;) {
            const u32 now = __shfl_sync(ALL_LANES, lane == 0 ? atomicOr(&rows, 0u) : 0, 0);
            if ((now & ~ENDED) > row || now & ENDED) {
                __threadfence_block();
                return (now & ~ENDED) > row;
            }
            __nanosleep(100);
        }
    }
};

// The rows of a block while its chain is read.
struct GrowingRows {
    Progress &progress;
    u32 lane;

    INLINE bool reach(u32 row) const { return progress.reach(row, lane); }
};

// The two bit-streams of a cleanup segment's suffix: VLC from its end backwards, and MEL from its beginning (ISO/IEC 15444-15,
// 7.1). A thread reads both and keeps what is loaded in registers.
#pragma once

#include "unstuff.cuh"

// Bits that a pair of quads takes at most, eight of them extensions; and those of 16 quads, with the extensions of the pair before.
constexpr u32 PAIR_BITS = 38, GROUP_BITS = 8 * PAIR_BITS + 8;
// Events of 16 quads: in the first row one for each pair besides.
constexpr u32 GROUP_EVENTS = 16, FIRST_GROUP_EVENTS = 24;

// The next VLC bits, from words without stuffing bits in shared memory.
template <class Words> struct VlcBits {
    Words words;
    // The words around the next bit and the one behind, the number of the first of them, and where in it, by its lowest five
    // bits, the next bit is.
    u32 low, high, ahead, index, shift;

    // The lower half of the first byte belongs to the suffix length.
    INLINE explicit VlcBits(const Words &from) : words(from), index(0), shift(4) {
        words.begin(shift);
        low = words.word(0), high = words.word(1), ahead = words.word(2);
    }

    INLINE u32 position() const { return 32 * index + (shift & 31); }

    // Makes sure of as many bits as 16 quads may take.
    INLINE void begin() { words.begin(position()); }

    // The next 32 bits.
    INLINE u32 bits() const { return __funnelshift_r(low, high, shift); }

    // Removes less than 32 bits: as many as the lowest six bits of both numbers together say. The second one may come later.
    INLINE void skip(u32 used, u32 more) {
        shift = ((shift & 31) + used) + more;
        const bool next = shift & 32;
        low = next ? high : low;
        high = next ? ahead : high;
        index += next;
        ahead = words.word(index + 2);
    }

    // Whether no more bits have been used than there are.
    INLINE bool is_sound() const { return words.are_there(position()); }
};

// Whether bytes of VLC, the first one read lowest, are above 0x8F: in their top bits.
INLINE u32 above_8f(u32 word) { return word & (word << 1 | word << 2 | word << 3) & 0x80808080u; }

// Of those, which hold seven bits, and stuffing in the top one: those that follow one above 0x8F with all other bits set. `first`
// is the top bit where the lowest byte follows such a one.
INLINE u32 stuffed_vlc(u32 word, u32 above, u32 first) {
    return ((word & 0x7F7F7F7Fu) + 0x01010101u) & (above << 8 | first) & 0x80808080u;
}

// Words of a longest suffix, of the bits that a row of quads may take beyond its end, and those that are loaded ahead.
constexpr u32 PLAIN_WORDS = 1344;

// All words of a suffix, where there are few blocks: a warp makes them before one of its threads reads.
struct AllWords {
    SharedTable words;
    u32 bits;

    // Makes them in `plain`, with zeros behind them for a row of `quads`; all lanes of a warp call it together.
    INLINE AllWords(const u8 *input, const CodedBlock &block, u32 *plain, u32 lane) : words(plain), bits(0) {
        // The last byte is of the suffix length alone; so is the lower half of the one before, which counts as ones.
        const u32 bytes = block.suffix_bytes - 1;
        const u32 all = (bytes + 3) / 4 + (block.width + 3u) / 4 * PAIR_BITS / 32 + 5;
        for (u32 w = lane; w < all; w += WARP) plain[w] = 0;
        __syncwarp();
        u32 was_above = 1;
        for (u32 at = 0; at < bytes; at += 4 * WARP) {
            const u32 own = at + 4 * lane, valid = own < bytes ? min(bytes - own, 4u) : 0;
            u32 word = own == 0 ? 0x0F : 0;
            if (valid) {
                const u8 *from = input + block.suffix_end - 5 - own;
                const u32 *pair = aligned(from);
                word |= __byte_perm(__funnelshift_r(pair[0], pair[1], bits_before(from)), 0, 0x0123) & ~0u >> (32 - 8 * valid);
            }
            const u32 above = above_8f(word);
            u32 before = __shfl_up_sync(ALL_LANES, above >> 31, 1);
            if (lane == 0) before = was_above;
            was_above = __shfl_sync(ALL_LANES, above >> 31, WARP - 1);
            const u32 stuffed = stuffed_vlc(word, above, before << 7);
            bits += append<PLAIN_WORDS>(plain, bits, without(word, stuffed), 8 * valid - __popc(stuffed), lane);
        }
    }

    INLINE void begin(u32) {}
    INLINE u32 word(u32 index) const { return words.now(index); }
    INLINE bool are_there(u32 count) const { return count <= bits; }
};

// Words in a ring of each thread, how many bits at least are there for 16 quads with the words that are loaded ahead, and the bits
// above which there is no room for four words more.
constexpr u32 VLC_RING = 32, RING_NEEDS = GROUP_BITS + 96, RING_FULL = 32 * (VLC_RING - 5);

// The words of a suffix one after the other, where threads of a warp read one each. So that none waits for the others, all take the
// next words together, before 16 quads, when any needs them. Words are PITCH apart.
template <u32 PITCH> struct RingOfWords {
    SharedTable ring;
    // The next four words, which end before `next` and are loaded long before they are needed, and how many bytes are left from
    // there on down.
    const uint4 *next;
    uint4 ahead;
    u32 left;
    // The word that is being filled, and bits made so far, some of them zeros behind the last.
    u32 partial, filled, zeros;
    // The top bit of the next byte where it follows one above 0x8F.
    u32 first;

    INLINE RingOfWords(const u8 *input, const CodedBlock &block, u32 *shared)
        : ring(shared), partial(0), filled(0), zeros(0), first(0x80) {
        // From the last byte but one on, whose lower half counts as ones.
        const u8 *end = input + block.suffix_end - 1;
        left = block.suffix_bytes - 1;
        const u32 within = (u32)((size_t)end & 15);
        next = (const uint4 *)(end - within);
        if (within == 0) next--;
        ahead = *next;
        make(within == 0 ? 0 : 16 - within, 0x0F);
    }

    // Takes a word but for its first `lead` bytes.
    INLINE void take(u32 word, u32 lead, u32 ones) {
        const u32 bytes = min(left, 4 - lead);
        word = lead < 4 ? word >> 8 * lead : 0;
        word = (word | ones) & (bytes < 4 ? (1u << 8 * bytes) - 1 : ~0u);
        const u32 above = above_8f(word), stuffed = stuffed_vlc(word, above, first);
        if (bytes) first = above >> (8 * bytes - 8) & 0x80;
        u32 bits = 8 * bytes - __popc(stuffed);
        if (left == 0) bits = 32, zeros += 32;
        left -= bytes;
        word = without(word, stuffed);
        const u32 from = filled & 31;
        partial |= word << from;
        if (from + bits >= 32) {
            ring.set(filled / 32 % VLC_RING * PITCH, partial);
            partial = __funnelshift_l(word, 0, from);
        }
        filled += bits;
    }

    // Takes the next four words but for the first `lead` bytes, of which the one behind has `ones` besides.
    INLINE void make(u32 lead, u32 ones) {
        const uint4 now = ahead;
        next--;
        if (left > 16 - lead) ahead = *next;
        const u32 words[4] = {now.w, now.z, now.y, now.x};
#pragma unroll
        for (u32 n = 0; n < 4; n++) {
            const u32 own = lead > 4 * n ? min(lead - 4 * n, 4u) : 0;
            take(__byte_perm(words[n], 0, 0x0123), own, ones);
            if (own < 4) ones = 0;
        }
    }

    INLINE void begin(u32 position) {
        while (any_here(filled - position < RING_NEEDS))
            if (filled - position <= RING_FULL) make(0, 0);
    }

    INLINE u32 word(u32 index) const { return ring.now(index % VLC_RING * PITCH); }
    INLINE bool are_there(u32 count) const { return count + zeros <= filled; }
};

// The MEL adaptive run-length decoder (7.1.3, 7.3.3).
struct Mel {
    // The words around the next bytes, where in them these begin, and the word behind, loaded before it is needed.
    const u32 *next;
    u32 here, ahead, shift;
    // Bytes taken out of there, the next one lowest, and how many there are; then all that are left.
    u32 bytes, held;
    u32 left;
    // Bits not yet used, the next one in the top place.
    u32 window, count;
    u32 after_ones;
    u32 state;
    // Events not yet used, the next one lowest: 64 at most in two words; and those of them that have been taken.
    u32 low, high, events, taken;

    INLINE void start(const u8 *from, u32 length) {
        next = aligned(from);
        shift = bits_before(from);
        here = next[0], ahead = next[1];
        next += 2;
        left = length;
        bytes = held = window = count = after_ones = state = low = high = events = 0;
    }

    INLINE void load() {
        bytes = __funnelshift_r(here, ahead, shift);
        held = 4;
        here = ahead;
        if (left > 8) ahead = *next;
        next++;
    }

    INLINE void fill() {
        while (count <= 24) {
            if (held == 0) load();
            // The last twelve bits of the suffix, and all beyond it, are ones.
            const u32 byte = (bytes & 0xFF) | (left > 2 ? 0 : left == 2 ? 0x0F : 0xFF), bits = after_ones ? 7 : 8;
            bytes >>= 8;
            held -= 1;
            left -= left > 0;
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

    // Makes sure of `need` events, at most 32. Threads of a warp do so together.
    INLINE void begin(u32 need) {
        if (any_here(events < need)) refill();
        taken = 0;
    }

    // The next event.
    INLINE bool event() const { return low & 1; }

    // Takes it, if it was asked for.
    INLINE void skip(bool asked) {
        low = asked ? low >> 1 : low;
        taken += asked;
    }

    // Closes the gap that the events since the beginning have left.
    INLINE void end() {
        low |= __funnelshift_r(0, high, taken);
        high >>= taken;
        events -= taken;
    }
};

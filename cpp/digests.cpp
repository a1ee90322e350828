// SHA-256 (FIPS 180-4) of two files at a time: each step of one has to wait for the step before, and
// a processor with instructions for it takes those of the other meanwhile.
#include "digests.hpp"

#if defined(__x86_64__) && defined(__linux__)
#define SKYSEG_HAS_DIGESTS 1
#include <cpuid.h>
#include <immintrin.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <span>
#include <vector>
#endif

namespace skyseg {

#ifdef SKYSEG_HAS_DIGESTS

#define SKYSEG_SHA __attribute__((target("sha,sse4.1")))

// NOLINTBEGIN(portability-simd-intrinsics): only instructions of one kind of processor are asked for

namespace {

constexpr Int block_size = 64, part_size = Int{1} << 16;

// The first 32 bits of the fractional parts of the cube roots of the first 64 primes.
alignas(16) constexpr std::array<std::uint32_t, 64> roots{
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

// The eight words of a digest, as the instructions take them: a, b, e and f, and c, d, g and h.
struct State {
    __m128i upper = _mm_set_epi32(0x6a09e667, static_cast<int>(0xbb67ae85), 0x510e527f, static_cast<int>(0x9b05688c));
    __m128i lower = _mm_set_epi32(0x3c6ef372, static_cast<int>(0xa54ff53a), 0x1f83d9ab, 0x5be0cd19);
};

// The last sixteen words of the message's schedule.
struct Words {
    __m128i at[4];
};

// Takes as many blocks of each of some streams into their states.
template <int streams>
SKYSEG_SHA void take_blocks(std::array<State, streams>& states, std::array<const std::uint8_t*, streams> bytes,
                            Int blocks) {
    const __m128i turned = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    for (Int at = 0; at < blocks * block_size; at += block_size) {
        std::array<Words, streams> words;
        auto now = states;
        for (int k = 0; k < streams; ++k) {
            for (int i = 0; i < 4; ++i) {
                const auto* from = reinterpret_cast<const __m128i*>(bytes[k] + at + 16 * i);
                words[k].at[i] = _mm_shuffle_epi8(_mm_loadu_si128(from), turned);
            }
        }
#pragma GCC unroll 16
        for (int i = 0; i < 16; ++i) {
            const __m128i root = _mm_load_si128(reinterpret_cast<const __m128i*>(roots.data() + 4 * i));
            for (int k = 0; k < streams; ++k) {
                auto& w = words[k].at;
                const __m128i added = _mm_add_epi32(w[i % 4], root);
                now[k].lower = _mm_sha256rnds2_epu32(now[k].lower, now[k].upper, added);
                now[k].upper = _mm_sha256rnds2_epu32(now[k].upper, now[k].lower, _mm_shuffle_epi32(added, 0x0e));
                if (i >= 12) continue;
                const __m128i& last = w[(i + 3) % 4];
                const __m128i sum = _mm_add_epi32(_mm_sha256msg1_epu32(w[i % 4], w[(i + 1) % 4]),
                                                  _mm_alignr_epi8(last, w[(i + 2) % 4], 4));
                w[i % 4] = _mm_sha256msg2_epu32(sum, last);
            }
        }
        for (int k = 0; k < streams; ++k) {
            states[k].upper = _mm_add_epi32(states[k].upper, now[k].upper);
            states[k].lower = _mm_add_epi32(states[k].lower, now[k].lower);
        }
    }
}

bool has_instructions() {
    unsigned a = 0, b = 0, c = 0, d = 0;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_SSE4_1)) return false;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & (1u << 29));
}

using Flag = std::atomic_ref<std::uint8_t>;

// A file that is read part by part.
class Stream {
public:
    explicit Stream(int file) : file_(file), part_(static_cast<std::size_t>(part_size + 2 * block_size)) {}

    // Reads the next part, and tells whether all of it is there.
    bool read() {
        size_ = 0;
        while (size_ < part_size) {
            const auto count = pread(file_, part_.data() + size_, static_cast<std::size_t>(part_size - size_), place_);
            if (count < 0) has_failed_ = true;
            if (count <= 0) return false;
            size_ += count;
            place_ += count;
        }
        return true;
    }

    // Takes what is left of the file into a state that has all before it.
    Digest finish(State state, bool is_whole, Flag unwanted) {
        std::array states{state};
        for (; is_whole && unwanted.load() == 0; is_whole = read())
            take_blocks<1>(states, {bytes()}, part_size / block_size);
        const Int end = (size_ + 9 + block_size - 1) / block_size * block_size;
        std::fill(part_.begin() + size_, part_.begin() + end, std::uint8_t{0});
        part_[static_cast<std::size_t>(size_)] = 0x80;
        const auto bits = static_cast<std::uint64_t>(place_) * 8;
        for (Int i = 0; i < 8; ++i)
            part_[static_cast<std::size_t>(end - 1 - i)] = static_cast<std::uint8_t>(bits >> (8 * i));
        take_blocks<1>(states, {bytes()}, end / block_size);
        return put_down(states[0]);
    }

    const std::uint8_t* bytes() const { return part_.data(); }
    bool has_failed() const { return has_failed_; }

private:
    static Digest put_down(State const& state) {
        std::array<std::uint32_t, 4> upper, lower;
        std::memcpy(upper.data(), &state.upper, sizeof upper);
        std::memcpy(lower.data(), &state.lower, sizeof lower);
        const std::array words{upper[3], upper[2], lower[3], lower[2], upper[1], upper[0], lower[1], lower[0]};
        Digest out;
        for (std::size_t i = 0; i < out.size(); ++i)
            out[i] = static_cast<std::uint8_t>(words[i / 4] >> (24 - 8 * (i % 4)));
        return out;
    }

    int file_;
    std::vector<std::uint8_t> part_;
    Int size_ = 0;
    off_t place_ = 0;
    bool has_failed_ = false;
};

}  // namespace

std::optional<std::array<Digest, 2>> digest_pair(int first, int second, std::uint8_t& unwanted) {
    if (!has_instructions()) return std::nullopt;
    const Flag flag(unwanted);
    Stream one(first), other(second);
    std::array<State, 2> states;
    bool is_whole = one.read(), is_other_whole = other.read();
    while (is_whole && is_other_whole && flag.load() == 0) {
        take_blocks<2>(states, {one.bytes(), other.bytes()}, part_size / block_size);
        is_whole = one.read();
        is_other_whole = other.read();
    }
    const std::array found{one.finish(states[0], is_whole, flag), other.finish(states[1], is_other_whole, flag)};
    if (one.has_failed() || other.has_failed() || flag.load() != 0) return std::nullopt;
    return found;
}

// NOLINTEND(portability-simd-intrinsics)

#else

std::optional<std::array<Digest, 2>> digest_pair(int, int, std::uint8_t&) { return std::nullopt; }

#endif

}  // namespace skyseg

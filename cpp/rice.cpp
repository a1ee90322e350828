// Rice coding of whole numbers, as FITS defines it (RICE_1, FITS standard 4.0, section 10.4.1).
#include "rice.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <span>
#include <vector>

namespace skyseg {

namespace {

constexpr int code_bits = 5;
constexpr int most_low_bits = 25;

// The number whose bytes in memory are those of a word, most significant first.
std::uint32_t big_endian(std::uint32_t word) {
    const std::array<std::uint8_t, 4> bytes{static_cast<std::uint8_t>(word >> 24),
                                            static_cast<std::uint8_t>(word >> 16), static_cast<std::uint8_t>(word >> 8),
                                            static_cast<std::uint8_t>(word)};
    return std::bit_cast<std::uint32_t>(bytes);
}

// Bits that come one after the other, most significant first.
class Bits {
public:
    explicit Bits(Int most_words) : words_(static_cast<std::size_t>(most_words)), end_(words_.data()) {}

    // Adds the low bits of a value, 32 at the most; its other bits are zero.
    void put(std::uint64_t value, int bits) {
        held_ = (held_ << bits) | value;
        count_ += bits;
        if (count_ < 32) return;
        count_ -= 32;
        *end_++ = big_endian(static_cast<std::uint32_t>(held_ >> count_));
    }

    std::vector<std::uint8_t> finished() {
        const int left = (count_ + 7) / 8;
        if (left > 0) put(0, 32 - count_);
        const auto* first = reinterpret_cast<const std::uint8_t*>(words_.data());
        const auto* last = reinterpret_cast<const std::uint8_t*>(end_);
        return {first, left > 0 ? last - 4 + left : last};
    }

private:
    std::vector<std::uint32_t> words_;
    std::uint32_t* end_;
    std::uint64_t held_ = 0;
    int count_ = 0;
};

using Rises = std::array<std::uint32_t, rice_block>;

// Turns differences of neighbours into numbers from 0 (0, -1, 1, -2, ...), and adds them up.
SKYSEG_WIDE
std::uint64_t set_rises(const std::int32_t* block, std::int32_t last, std::uint32_t* __restrict rises, Int n) {
    const auto number = [](std::int32_t value, std::int32_t before) {
        const std::uint32_t rise = static_cast<std::uint32_t>(value) - static_cast<std::uint32_t>(before);
        return (rise << 1) ^ (0u - (rise >> 31));
    };
    rises[0] = number(block[0], last);
    std::uint64_t total = rises[0];
    for (Int i = 1; i < n; ++i) {
        rises[i] = number(block[i], block[i - 1]);
        total += rises[i];
    }
    return total;
}

// How many low bits of each of some numbers are kept as they are.
int low_bits(std::uint64_t total, Int n) {
    const auto size = static_cast<double>(n), half_size = static_cast<double>(n / 2);
    int low = 0;
    auto half = static_cast<Int>(std::max((static_cast<double>(total) - half_size - 1.0) / size, 0.0)) / 2;
    for (; half > 0; half /= 2) ++low;
    return std::min(low, most_low_bits);
}

// A number as so many zeros as its upper bits say and a one, then its low bits.
struct Code {
    std::uint64_t zeros, ending;
    int low;

    Code(std::uint64_t value, int low_bit_count) : zeros(value >> low_bit_count), low(low_bit_count) {
        const std::uint64_t one = std::uint64_t{1} << low;
        ending = one | (value & (one - 1));
    }
    std::uint64_t bits() const { return zeros + 1 + static_cast<std::uint64_t>(low); }
};

void put_code(Bits& out, Code code) {
    for (; code.bits() > 32; code.zeros -= std::min<std::uint64_t>(code.zeros, 32))
        out.put(0, static_cast<int>(std::min<std::uint64_t>(code.zeros, 32)));
    out.put(code.ending, static_cast<int>(code.bits()));
}

// Two numbers at once are faster, where there is room for both.
void put_codes(Bits& out, Code first, Code second) {
    if (first.bits() + second.bits() <= 32) {
        out.put((first.ending << second.bits()) | second.ending, static_cast<int>(first.bits() + second.bits()));
        return;
    }
    put_code(out, first);
    put_code(out, second);
}

void put_block(Bits& out, std::span<const std::int32_t> block, std::int32_t last) {
    Rises rises;
    const Int n = std::ssize(block);
    const auto total = set_rises(block.data(), last, rises.data(), n);
    if (total == 0) {
        out.put(0, code_bits);
        return;
    }
    const int low = low_bits(total, n);
    out.put(static_cast<std::uint64_t>(low) + 1, code_bits);
    if (low == most_low_bits) {
        for (Int i = 0; i < n; ++i) out.put(rises[i], 32);
        return;
    }
    for (Int i = 0; i + 1 < n; i += 2) put_codes(out, {rises[i], low}, {rises[i + 1], low});
    if (n % 2) put_code(out, {rises[n - 1], low});
}

}  // namespace

// Codes columns `left` to `right` row by row.
std::vector<std::uint8_t> rice(ImageView<const std::int32_t> image, Int left, Int right) {
    const Int values = image.rows * (right - left);
    // a value takes 33 bits at the most, a block's code 5
    Bits out(values * 33 / 32 + image.rows * ((right - left) / rice_block + 1) + 4);
    std::int32_t last = image(0, left);
    out.put(static_cast<std::uint32_t>(last), 32);
    for (Int y = 0; y < image.rows; ++y) {
        for (Int first = left; first < right; first += rice_block) {
            const auto block = image.row(y, first, std::min(first + rice_block, right));
            put_block(out, block, last);
            last = block.back();
        }
    }
    return out.finished();
}

}  // namespace skyseg

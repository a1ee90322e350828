// Rice coding of whole numbers, as FITS defines it (RICE_1, FITS standard 4.0, section 10.4.1).
#include "rice.hpp"

#include <algorithm>
#include <array>

namespace skyseg {

namespace {

// values that are coded with the same number of low bits
constexpr Int block_size = 32;
constexpr int code_bits = 5;
constexpr int most_low_bits = 25;

// Bits that come one after the other, most significant first.
class Bits {
public:
    explicit Bits(std::size_t most) { bytes_.reserve(most); }

    // Adds the low bits of a value, 32 at the most; its other bits are zero.
    void put(std::uint64_t value, int bits) {
        held_ = (held_ << bits) | value;
        count_ += bits;
        if (count_ < 32) return;
        count_ -= 32;
        const auto word = static_cast<std::uint32_t>(held_ >> count_);
        for (int shift = 24; shift >= 0; shift -= 8) bytes_.push_back(static_cast<std::uint8_t>(word >> shift));
    }

    List<std::uint8_t> finished() {
        while (count_ > 0) {
            const int bits = std::min(count_, 8);
            count_ -= bits;
            bytes_.push_back(static_cast<std::uint8_t>((held_ >> count_) << (8 - bits)));
        }
        return std::move(bytes_);
    }

private:
    List<std::uint8_t> bytes_;
    std::uint64_t held_ = 0;
    int count_ = 0;
};

using Rises = std::array<std::uint32_t, block_size>;

// Turns differences of neighbours into numbers from 0 (0, -1, 1, -2, ...), and says how many
// of their low bits are kept as they are.
int set_rises(Row<const std::int32_t> block, std::int32_t last, Rises& rises) {
    double total = 0.0;
    for (std::size_t i = 0; i < block.size(); ++i) {
        const std::uint32_t rise = static_cast<std::uint32_t>(block[i]) - static_cast<std::uint32_t>(last);
        last = block[i];
        rises[i] = rise >> 31 ? ~(rise << 1) : rise << 1;
        total += rises[i];
    }
    const auto size = static_cast<double>(block.size());
    const double half_size = static_cast<double>(block.size() / 2);
    int low = 0;
    for (auto half = static_cast<Int>(std::max((total - half_size - 1.0) / size, 0.0)) / 2; half > 0; half /= 2) ++low;
    return std::min(low, most_low_bits);
}

// The upper bits as so many zeros and a one, then the low bits.
void put_number(Bits& out, std::uint64_t value, int low) {
    auto zeros = value >> low;
    while (zeros + static_cast<std::uint64_t>(low) >= 32) {
        const auto some = static_cast<int>(std::min<std::uint64_t>(zeros, 32));
        out.put(0, some);
        zeros -= static_cast<std::uint64_t>(some);
    }
    const std::uint64_t one = std::uint64_t{1} << low;
    out.put(one | (value & (one - 1)), static_cast<int>(zeros) + 1 + low);
}

void put_block(Bits& out, Row<const std::int32_t> block, std::int32_t last) {
    std::int32_t changed = block[0] ^ last;
    for (std::size_t i = 1; i < block.size(); ++i) changed |= block[i] ^ block[i - 1];
    if (changed == 0) {
        out.put(0, code_bits);
        return;
    }
    Rises rises;
    const int low = set_rises(block, last, rises);
    out.put(static_cast<std::uint64_t>(low + 1), code_bits);
    for (std::size_t i = 0; i < block.size(); ++i) {
        if (low == most_low_bits)
            out.put(rises[i], 32);
        else
            put_number(out, rises[i], low);
    }
}

}  // namespace

// Codes columns `left` to `right` row by row.
List<std::uint8_t> rice(Grid<const std::int32_t> image, Int left, Int right) {
    const Int values = image.rows * (right - left);
    // a value takes 33 bits at the most, a block's code 5
    Bits out(static_cast<std::size_t>(values * 33 / 8 + image.rows * (values / block_size + 2)));
    std::int32_t last = image(0, left);
    out.put(static_cast<std::uint32_t>(last), 32);
    for (Int y = 0; y < image.rows; ++y) {
        for (Int first = left; first < right; first += block_size) {
            const auto block = image.row(y, first, std::min(first + block_size, right));
            put_block(out, block, last);
            last = block.back();
        }
    }
    return out.finished();
}

}  // namespace skyseg

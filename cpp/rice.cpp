// Rice coding of whole numbers, as FITS defines it (RICE_1, FITS standard 4.0, section 10.4.1).
#include "rice.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <memory>
#include <numeric>
#include <vector>

namespace skyseg {

namespace {

constexpr int code_bits = 5;
constexpr int most_low_bits = 25;
// with a one and the low bits as many as can be put at once
constexpr int most_zeros = 31;

// The number whose bytes in memory are those of a word, most significant first.
std::uint64_t big_endian(std::uint64_t word) {
    std::array<std::uint8_t, 8> bytes;
    for (int i = 0; i < 8; ++i) bytes[i] = static_cast<std::uint8_t>(word >> (56 - 8 * i));
    return std::bit_cast<std::uint64_t>(bytes);
}

// Bits that come one after the other, most significant first. What is held is stored with each
// addition, whole bytes or not, and nothing depends on how many bits there are: a processor need
// not guess.
class Bits {
public:
    static constexpr int most = 56;

    explicit Bits(Int most_bits)
        : bytes_(std::make_unique_for_overwrite<std::uint8_t[]>(static_cast<std::size_t>(most_bits / 8 + 9))),
          end_(bytes_.get()) {}

    // Adds the low bits of a value, 1 to `most`; its other bits are zero.
    void put(std::uint64_t value, int bits) {
        count_ += bits;
        held_ |= value << (64 - count_);
        const std::uint64_t stored = big_endian(held_);
        std::memcpy(end_, &stored, sizeof stored);
        end_ += count_ / 8;
        held_ <<= count_ & ~7;
        count_ &= 7;
    }

    std::vector<std::uint8_t> finished() const { return {bytes_.get(), end_ + (count_ > 0)}; }

private:
    std::unique_ptr<std::uint8_t[]> bytes_;
    std::uint8_t* end_;
    // the uppermost ones, 7 at the most, wait for the rest of their byte
    std::uint64_t held_ = 0;
    int count_ = 0;
};

// A block as differences of neighbours, as numbers from 0 (0, -1, 1, -2, ...).
struct Rises {
    std::array<std::uint32_t, rice_block> values;
    std::uint32_t bits, sum;

    SKYSEG_WIDE
    void set(const std::int32_t* block, const std::int32_t* before) {
        std::uint32_t all = 0, total = 0;
        for (Int i = 0; i < rice_block; ++i) {
            const auto rise = static_cast<std::uint32_t>(block[i]) - static_cast<std::uint32_t>(before[i]);
            values[i] = (rise << 1) ^ (0u - (rise >> 31));
            all |= values[i];
            total += values[i];
        }
        bits = all;
        sum = total;
    }

    std::uint64_t total() const {
        // 32 of them have room in 32 bits
        if (bits < 1u << 27) return sum;
        return std::accumulate(values.begin(), values.end(), std::uint64_t{0});
    }
};

// How many low bits of each of some numbers are kept as they are.
int low_bits(std::uint64_t total, Int n) {
    const auto size = static_cast<double>(n), half_size = static_cast<double>(n / 2);
    const auto half = static_cast<Int>(std::max((static_cast<double>(total) - half_size - 1.0) / size, 0.0)) / 2;
    return std::min(static_cast<int>(std::bit_width(static_cast<std::uint64_t>(half))), most_low_bits);
}

// A number as so many zeros as its upper bits say and a one, then its low bits.
void put_code(Bits& out, std::uint32_t value, int low) {
    auto zeros = static_cast<int>(value >> low);
    for (; zeros > most_zeros; zeros -= most_zeros) out.put(0, most_zeros);
    const std::uint32_t one = 1u << low;
    out.put(one | (value & (one - 1)), zeros + 1 + low);
}

// Codes of several numbers each, one after the other, and their lengths. Codes that are together
// longer than the bits that can be put at once are not whole.
template <Int together>
struct Joined {
    static constexpr Int count = rice_block / together;
    static constexpr std::uint32_t longest = Bits::most + 1;
    std::array<std::uint64_t, count> codes;
    std::array<std::uint32_t, count> lengths;

    void join(Joined<together / 2> const& halves) {
        for (Int i = 0; i < count; ++i) {
            codes[i] = (halves.codes[2 * i] << halves.lengths[2 * i + 1]) | halves.codes[2 * i + 1];
            lengths[i] = std::min(halves.lengths[2 * i] + halves.lengths[2 * i + 1], longest);
        }
    }
};

struct Codes {
    Joined<4> fours;
    Joined<8> eights;

    SKYSEG_WIDE
    void set(std::uint32_t const* rises, int low) {
        const std::uint32_t one = 1u << low;
        Joined<1> singles;
        for (Int i = 0; i < rice_block; ++i) {
            singles.codes[i] = one | (rises[i] & (one - 1));
            singles.lengths[i] = std::min((rises[i] >> low) + 1 + static_cast<std::uint32_t>(low), singles.longest);
        }
        Joined<2> pairs;
        pairs.join(singles);
        fours.join(pairs);
        eights.join(fours);
    }
};

void put_rises(Bits& out, Rises const& rises, int low) {
    Codes codes;
    codes.set(rises.values.data(), low);
    for (Int i = 0; i < codes.eights.count; ++i) {
        if (codes.eights.lengths[i] <= Bits::most) {
            out.put(codes.eights.codes[i], static_cast<int>(codes.eights.lengths[i]));
            continue;
        }
        for (Int j = 2 * i; j < 2 * i + 2; ++j) {
            if (codes.fours.lengths[j] <= Bits::most)
                out.put(codes.fours.codes[j], static_cast<int>(codes.fours.lengths[j]));
            else
                for (Int k = 4 * j; k < 4 * j + 4; ++k) put_code(out, rises.values[k], low);
        }
    }
}

void put_block(Bits& out, const std::int32_t* block, const std::int32_t* before, Int n) {
    Rises rises;
    rises.set(block, before);
    if (rises.bits == 0) {
        out.put(0, code_bits);
        return;
    }
    const int low = low_bits(rises.total(), n);
    out.put(static_cast<std::uint64_t>(low) + 1, code_bits);
    if (low == most_low_bits)
        for (Int i = 0; i < n; ++i) out.put(rises.values[i], 32);
    else if (n == rice_block)
        put_rises(out, rises, low);
    else
        for (Int i = 0; i < n; ++i) put_code(out, rises.values[i], low);
}

// Bits of a code, most significant first; zeros behind its end.
class Code {
public:
    explicit Code(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

    bool is_over() const { return place_ > std::ssize(bytes_) * 8; }

    // Whether no byte is left, and no bit was taken behind the end.
    bool is_used_up() const { return (place_ + 7) / 8 == std::ssize(bytes_); }

    // The next bits as the upper ones of a word, of which the first `Bits::most` are known.
    std::uint64_t next() const {
        const Int first = place_ / 8;
        const Int left = std::ssize(bytes_) - first;
        std::uint64_t stored = 0;
        if (left >= 8)
            std::memcpy(&stored, &bytes_[static_cast<std::size_t>(first)], 8);
        else if (left > 0)
            std::memcpy(&stored, &bytes_[static_cast<std::size_t>(first)], static_cast<std::size_t>(left));
        return big_endian(stored) << (place_ % 8);
    }

    void skip(Int bits) { place_ += bits; }

    // 1 to 32 bits.
    std::uint32_t take(int bits) {
        const auto value = static_cast<std::uint32_t>(next() >> (64 - bits));
        place_ += bits;
        return value;
    }

    // See `put_code`.
    std::uint32_t take_code(int low) {
        std::uint64_t zeros = 0, bits = next();
        for (; bits >> (64 - Bits::most) == 0 && !is_over(); bits = next()) {
            zeros += Bits::most;
            place_ += Bits::most;
        }
        const int more = std::countl_zero(bits | 1);
        place_ += more + 1;
        const auto upper = static_cast<std::uint32_t>((zeros + static_cast<std::uint64_t>(more)) << low);
        return low == 0 ? upper : upper | take(low);
    }

private:
    std::span<const std::uint8_t> bytes_;
    Int place_ = 0;
};

// The next numbers of a block, each by its rise from the one before; returns the last one.
std::uint32_t take_block(Code& code, std::uint32_t last, std::span<std::int32_t> block) {
    const int low = static_cast<int>(code.take(code_bits)) - 1;
    if (low < 0) {
        std::fill(block.begin(), block.end(), static_cast<std::int32_t>(last));
        return last;
    }
    const bool is_whole = low >= most_low_bits;
    std::uint64_t held = 0;
    int known = 0;  // of the bits that are held
    for (std::int32_t& value : block) {
        int size = std::countl_zero(held) + 1 + low;
        if (size > known && !is_whole) {
            held = code.next();
            known = Bits::most;
            size = std::countl_zero(held) + 1 + low;
        }
        std::uint32_t rise;
        if (is_whole || size > known) {
            rise = is_whole ? code.take(32) : code.take_code(low);
            known = 0;
        } else {
            const auto upper = static_cast<std::uint32_t>(size - 1 - low);
            held <<= upper;
            held <<= 1;
            rise = (upper << low) | static_cast<std::uint32_t>(held >> 1 >> (63 - low));
            held <<= low;
            known -= size;
            code.skip(size);
        }
        last += (rise >> 1) ^ (0u - (rise & 1));
        value = static_cast<std::int32_t>(last);
    }
    return last;
}

}  // namespace

// Codes columns `left` to `right` row by row.
std::vector<std::uint8_t> rice(ImageView<const std::int32_t> image, Int left, Int right) {
    const Int values = image.rows * (right - left);
    // a value takes 33 bits at the most, a block's code 5
    Bits out(values * 33 + image.rows * ((right - left) / rice_block + 1) * code_bits + 32);
    std::int32_t last = image(0, left);
    out.put(static_cast<std::uint32_t>(last), 32);
    std::array<std::int32_t, rice_block> begun, before;
    for (Int y = 0; y < image.rows; ++y) {
        for (Int first = left; first < right; first += rice_block) {
            const std::int32_t* block = &image(y, first);
            const Int n = std::min(rice_block, right - first);
            if (n < rice_block) {
                // what it lacks is as its last value
                std::fill(std::copy_n(block, n, begun.begin()), begun.end(), block[n - 1]);
                block = begun.data();
            }
            const bool is_inside = first > left && n == rice_block;
            if (!is_inside) {
                before[0] = last;
                std::copy_n(block, rice_block - 1, before.begin() + 1);
            }
            put_block(out, block, is_inside ? block - 1 : before.data(), n);
            last = block[n - 1];
        }
    }
    return out.finished();
}

bool unrice(std::span<const std::uint8_t> bytes, ImageView<std::int32_t> image, Int left, Int right) {
    Code code(bytes);
    std::uint32_t last = code.take(32);
    std::array<std::int32_t, rice_block> begun;
    Int waiting = 0;  // of the last values of a block, which belong to the next rows
    for (Int y = 0; y < image.rows && !code.is_over(); ++y) {
        auto row = image.row(y, left, right);
        while (!row.empty()) {
            const Int rest = (image.rows - 1 - y) * (right - left) + std::ssize(row);
            if (waiting == 0 && std::ssize(row) >= rice_block) {
                last = take_block(code, last, row.first(rice_block));
                row = row.subspan(rice_block);
                continue;
            }
            if (waiting == 0) {
                waiting = std::min(rest, rice_block);
                last = take_block(code, last, std::span(begun).last(static_cast<std::size_t>(waiting)));
            }
            const Int n = std::min(waiting, std::ssize(row));
            std::copy_n(begun.end() - waiting, n, row.begin());
            row = row.subspan(static_cast<std::size_t>(n));
            waiting -= n;
        }
    }
    return code.is_used_up();
}

}  // namespace skyseg

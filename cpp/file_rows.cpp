// Rows of an image as they stand in a file.
#include "file_rows.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#if defined(__unix__) || defined(__APPLE__)
#include <unistd.h>
#endif

namespace skyseg {

static inline std::uint32_t turned(std::uint32_t word) {
    return (std::rotl(word, 8) & 0x00ff00ffu) | (std::rotr(word, 8) & 0xff00ff00u);
}

#if defined(__unix__) || defined(__APPLE__)
static SKYSEG_WIDE void turn_words(std::uint8_t* bytes, Int n) {
    for (Int i = 0; i < n; ++i) {
        std::uint32_t word;
        std::memcpy(&word, bytes + 4 * i, 4);
        word = turned(word);
        std::memcpy(bytes + 4 * i, &word, 4);
    }
}

// Bytes that stay in the processor's cache from when they are read until they are turned.
static constexpr Int part_size = Int{1} << 15;

static bool read_row(int file, Int place, bool are_words, std::uint8_t* out, Int size) {
    for (Int at = 0; at < size; at += part_size) {
        const Int n = std::min(part_size, size - at);
        if (pread(file, out + at, static_cast<std::size_t>(n), static_cast<off_t>(place + at)) != n) return false;
        if (are_words && std::endian::native == std::endian::little) turn_words(out + at, n / 4);
    }
    return true;
}
#endif

Int read_rows([[maybe_unused]] int file, [[maybe_unused]] Int place, [[maybe_unused]] Int step,
              [[maybe_unused]] bool are_words, [[maybe_unused]] ImageView<std::uint8_t> const& out) {
    Int y = 0;
#if defined(__unix__) || defined(__APPLE__)
    while (y < out.rows && read_row(file, place + y * step, are_words, &out(y, 0), out.columns)) ++y;
#endif
    return y;
}

SKYSEG_WIDE
std::uint64_t turn_and_sum(std::span<std::uint32_t> words) {
    std::uint64_t sum = 0;
    for (std::uint32_t& word : words) {
        sum += word;
        if constexpr (std::endian::native == std::endian::little) word = turned(word);
    }
    return sum;
}

}  // namespace skyseg

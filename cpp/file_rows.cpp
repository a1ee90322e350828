// Parts of the rows of an image that stands in a file.
#include "file_rows.hpp"

#if defined(__unix__) || defined(__APPLE__)
#include <unistd.h>
#endif

namespace skyseg {

Int read_rows([[maybe_unused]] int file, [[maybe_unused]] Int place, [[maybe_unused]] Int step,
              [[maybe_unused]] ImageView<std::uint8_t> const& out) {
    Int y = 0;
#if defined(__unix__) || defined(__APPLE__)
    const auto length = static_cast<std::size_t>(out.columns);
    while (y < out.rows && pread(file, &out(y, 0), length, static_cast<off_t>(place + y * step)) == out.columns) ++y;
#endif
    return y;
}

}  // namespace skyseg

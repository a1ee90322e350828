// What stands in files, and the memory of the process.
#include <algorithm>

#include "../digests.hpp"
#include "../file_rows.hpp"
#include "../memory.hpp"
#include "arguments.hpp"
#include "bind.hpp"
#include "results.hpp"

namespace skyseg::python {

using namespace py::literals;

static Int bind_read_rows(int file, Int place, Int step, bool are_words, py::object const& out) {
    constexpr Int farthest = Int{1} << 62;
    const auto rows = image<std::uint8_t>(out, "out");
    check_has_pixels(rows, "out");
    checked(place, "place", 0, farthest);
    checked(step, "step", 0, (farthest - 1) / rows.rows);
    if (are_words && rows.columns % 4 != 0) refuse("out", "its rows have to be words of four bytes");
    return unlocked([&] { return read_rows(file, place, step, are_words, rows); });
}

static std::uint64_t bind_turn_and_sum(py::object const& words) {
    const auto values = row<std::uint32_t>(words, "words");
    return unlocked([&] { return turn_and_sum(values); });
}

static py::object bind_digest_pair(int first, int second, py::object const& unwanted) {
    const auto flag = row<std::uint8_t>(unwanted, "unwanted", 1);
    const auto found = unlocked([&] { return digest_pair(first, second, flag[0]); });
    if (!found) return py::none();
    const auto text = [&](Digest const& each) {
        return py::bytes(reinterpret_cast<const char*>(each.data()), each.size());
    };
    return py::make_tuple(text((*found)[0]), text((*found)[1]));
}

static void bind_keep_memory(Int stores) { keep_memory(checked(stores, "stores", 1, 1024)); }

void bind_files(py::module_& module) {
    module.def("read_rows", &bind_read_rows, py::kw_only(), "file"_a, "place"_a, "step"_a, "are_words"_a, "out"_a,
               "Fill rows with what stands in a file at equal steps, words of FITS as those of the processor, and "
               "return how many are filled.");
    module.def("turn_and_sum", &bind_turn_and_sum, py::kw_only(), "words"_a,
               "Turn words of the processor into those of FITS, in place, and return their sum.");
    module.def("keep_memory", &bind_keep_memory, py::kw_only(), "stores"_a,
               "Have this process keep freed memory for what comes next, in so many stores.");
    module.def("digest_pair", &bind_digest_pair, py::kw_only(), "first"_a, "second"_a, "unwanted"_a,
               "SHA-256 of two open files, read to their ends, or None: where the processor has no instructions for "
               "it, one cannot be read, or the one value of `unwanted` is not 0 any more.");
}

}  // namespace skyseg::python

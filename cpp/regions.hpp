#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "arrays.hpp"

namespace skyseg {

// A list of each run's pixels, and where each of the lists begins, and the last one ends.
struct Regions {
    std::vector<Int> place, first;
};

struct Pixels {
    std::vector<Int> index;
    Image<float> values;
};

// Pixels of lists, what the image holds there, and whether any of a list is good.
struct PickedPixels {
    std::vector<Int> index;
    Image<float> values;
    std::vector<std::uint8_t> covered;
};

// Pixels of lists, with the filtered light and the threshold of each.
struct ListedPixels {
    std::vector<Int> index;
    std::vector<float> value, threshold;
};

// A part of an image, its variance and its bad pixels, which begins at a row and a column of it.
struct PartOfImage {
    ImageView<const float> light, variance;
    ImageView<const bool> bad;
    Int top, left;
};

struct PixelRuns {
    std::vector<Int> start, length, owner;
};

Regions connect(std::span<const Int> start, std::span<const Int> length, Int width, Int minarea, Int open_row);
Pixels gather(std::span<const Int> start, std::span<const Int> length, ImageView<const float> values,
              std::span<const Int> place, std::span<const Int> first);
PickedPixels pick(std::span<const Int> start, std::span<const Int> length, std::span<const Int> place,
                  std::span<const Int> first, PartOfImage const& part, Int width);
Image<float> take_runs(std::span<const Int> length, ImageView<const float> values, std::span<const bool> which);
ListedPixels arrange(std::span<const Int> order, std::span<const Int> index, std::span<const float> value,
                     std::span<const float> threshold);
std::vector<std::uint8_t> touch_edge(std::span<const Int> index, std::span<const Int> start, std::span<const Int> core,
                                     Int ny, Int nx);
std::vector<Int> ascending(std::span<const Int> order, std::span<const Int> start);
PixelRuns runs_of(std::span<const Int> index, std::span<const Int> first, Int width);
void draw_runs(ImageView<std::int32_t> image, std::span<const Int> start, std::span<const Int> length,
               std::span<const std::int32_t> names, Int top, Int left, Int width);

}  // namespace skyseg

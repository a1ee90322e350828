#pragma once

#include "arrays.hpp"

namespace skyseg {

// See `Deblended` in engine/deblending.py.
struct Deblended {
    List<Int> order, start, parent, core;
    Image<double> moments;
};

struct Cleaned {
    List<Int> eater, newcomer;
};

Deblended deblend(Row<const Int> index, Row<const float> value, Row<const float> threshold, Row<const Int> start,
                  Int width, Int nthresh, double mincont);
Cleaned clean(Row<const double> x, Row<const double> y, Row<const double> a, Row<const double> b,
              Row<const double> cxx, Row<const double> cyy, Row<const double> cxy, Row<const double> flux,
              Row<const double> area, Row<const double> threshold, Row<const double> mark, Row<const Int> size_class,
              double beta);

}  // namespace skyseg

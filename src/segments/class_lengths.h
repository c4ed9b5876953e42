// How long units are, by what the bases are that they stand on. A unit belongs to every class that
// holds its middle base.
#pragma once

#include <array>

#include "segments/landmarks.h"

namespace lexome {

inline constexpr size_t kLengthsShown = 12;  // the last one: this long or longer

struct ClassLengths {
  std::string name;  // of the class; "all"
  int64_t units = 0;
  double mean = 0, deviation = 0;
  int64_t median = 0, longest = 0;
  std::array<double, kLengthsShown> shares{};  // of units of 1, 2, ... bases
};

// "all" first, then every class in which a unit stands.
std::vector<ClassLengths> class_lengths(const std::vector<Studied>& regions,
                                        const Segmentation& segments,
                                        const std::vector<BaseClass>& classes);

}  // namespace lexome

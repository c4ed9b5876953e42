#include "segments/class_lengths.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace lexome {
namespace {

ClassLengths summary(const std::string& name, const std::map<int64_t, int64_t>& histogram) {
  ClassLengths out;
  out.name = name;
  double sum = 0, squares = 0;
  for (const auto& [length, count] : histogram) {
    const auto l = static_cast<double>(length), n = static_cast<double>(count);
    out.units += count;
    sum += l * n;
    squares += l * l * n;
    out.longest = length;
    out.shares[std::min<size_t>(static_cast<size_t>(length), kLengthsShown) - 1] += n;
  }
  const auto units = static_cast<double>(out.units);
  out.mean = sum / units;
  out.deviation = std::sqrt(std::max(0.0, squares / units - out.mean * out.mean));
  int64_t below = 0;
  for (const auto& [length, count] : histogram) {
    below += count;
    if (2 * below >= out.units) {
      out.median = length;
      break;
    }
  }
  for (double& share : out.shares) share /= units;
  return out;
}

}  // namespace

std::vector<ClassLengths> class_lengths(const std::vector<Studied>& regions,
                                        const Segmentation& segments,
                                        const std::vector<BaseClass>& classes) {
  std::map<int64_t, int64_t> all;
  std::vector<std::map<int64_t, int64_t>> by_class(classes.size());
  for (size_t i = 0; i < regions.size(); ++i) {
    const std::vector<int64_t> edges = unit_edges(regions[i], segments.cuts[i]);
    std::vector<size_t> block(classes.size(), 0);
    for (size_t u = 0; u + 1 < edges.size(); ++u) {
      const int64_t length = edges[u + 1] - edges[u], middle = edges[u] + length / 2;
      ++all[length];
      for (size_t c = 0; c < classes.size(); ++c) {
        const std::vector<Block>& blocks = classes[c].blocks[i];
        while (block[c] < blocks.size() && blocks[block[c]].end <= middle) ++block[c];
        if (block[c] < blocks.size() && blocks[block[c]].start <= middle) ++by_class[c][length];
      }
    }
  }
  std::vector<ClassLengths> out = {summary("all", all)};
  for (size_t c = 0; c < classes.size(); ++c) {
    if (!by_class[c].empty()) out.push_back(summary(classes[c].name, by_class[c]));
  }
  return out;
}

}  // namespace lexome

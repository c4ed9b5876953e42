#include "data/signal.h"

#include <fmt/format.h>

#include <algorithm>

#include "lexome/error.h"

namespace lexome {
Signal::Signal(const ContigFinder& finder, const std::string& path, bool skip_bad,
               DatasetParts* parts) {
  PlaceChecker checker(finder, path, skip_bad);
  read_bedgraph(path, [&](const Interval& where, double value, int64_t line) {
    Locus locus;
    if (!checker.place(where, line, &locus)) return;
    contigs_[contig_key(locus)].push_back({locus.start, locus.end, value, 0});
  });
  checker.finish(parts);
  for (auto& [contig, steps] : contigs_) {
    std::stable_sort(steps.begin(), steps.end(),
                     [](const Step& a, const Step& b) { return a.start < b.start; });
    double sum = 0;
    for (size_t i = 0; i < steps.size(); ++i) {
      Step& step = steps[i];
      if (i > 0 && step.start < steps[i - 1].end) {
        throw InputError(fmt::format(
            "{}: two lines speak of one place ({}-{} and {}-{}, 0-based); a bedGraph has one value "
            "a base, so merge the tracks first",
            path, steps[i - 1].start, steps[i - 1].end, step.start, step.end));
      }
      step.before = sum;
      sum += step.value * static_cast<double>(step.end - step.start);
    }
  }
}

double Signal::mean(const Locus& window) const {
  const auto found = contigs_.find(contig_key(window));
  if (found == contigs_.end()) return 0;
  // Sum from the contig's start to a position.
  const auto sum_to = [&steps = found->second](int64_t position) {
    const auto next =
        std::upper_bound(steps.begin(), steps.end(), position,
                         [](int64_t at, const Step& step) { return at < step.start; });
    if (next == steps.begin()) return 0.0;
    const Step& step = *std::prev(next);
    return step.before +
           step.value * static_cast<double>(std::min(position, step.end) - step.start);
  };
  return (sum_to(window.end) - sum_to(window.start)) /
         static_cast<double>(window.end - window.start);
}

}  // namespace lexome

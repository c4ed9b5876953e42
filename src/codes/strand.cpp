#include "codes/strand.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

namespace lexome {
namespace {

constexpr size_t kBlock = 1000;  // bases

// From a key to the label seen with it most often, the smallest of equals.
class Majority {
 public:
  void see(int32_t key, int32_t label) { ++counts_[key][label]; }
  void settle() {
    for (const auto& [key, labels] : counts_) {
      int64_t most = 0;
      int32_t best = -1;
      for (const auto& [label, count] : labels) {
        if (count < most || (count == most && label > best)) continue;
        most = count;
        best = label;
      }
      best_[key] = best;
    }
  }
  int32_t operator()(int32_t key) const {
    const auto found = best_.find(key);
    return found == best_.end() ? -1 : found->second;
  }

 private:
  std::unordered_map<int32_t, std::unordered_map<int32_t, int64_t>> counts_;
  std::unordered_map<int32_t, int32_t> best_;
};

}  // namespace

StrandAnswer strand_answer(const std::vector<Stretch>& stretches, const Labelling& labelling) {
  Majority by_label, by_triplet, constant;
  StrandAnswer answer;
  std::vector<int64_t> counts(static_cast<size_t>(labelling.codes));
  int64_t right_label = 0, right_triplet = 0, right_constant = 0;
  for (const bool trying : {false, true}) {
    for (size_t s = 0; s < labelling.reverse.size(); ++s) {
      const Bases& bases = stretches[s].bases;
      const std::vector<int32_t>& labels = labelling.labels[s];
      const std::vector<int32_t>& reverse = labelling.reverse[s];
      for (size_t i = 1; i + 1 < reverse.size(); ++i) {
        if ((i / kBlock % 2 == 1) != trying || labels[i] < 0 || reverse[i] < 0) continue;
        if (bases[i - 1] == kN || bases[i + 1] == kN) continue;
        const int32_t triplet = 16 * bases[i - 1] + 4 * bases[i] + bases[i + 1];
        if (!trying) {
          by_label.see(labels[i], reverse[i]);
          by_triplet.see(triplet, reverse[i]);
          constant.see(0, reverse[i]);
          continue;
        }
        ++answer.tried;
        ++counts[static_cast<size_t>(reverse[i])];
        right_label += by_label(labels[i]) == reverse[i];
        right_triplet += by_triplet(triplet) == reverse[i];
        right_constant += constant(0) == reverse[i];
      }
    }
    for (Majority* map : {&by_label, &by_triplet, &constant}) map->settle();
  }
  if (answer.tried == 0) return answer;
  const auto all = static_cast<double>(answer.tried);
  answer.by_label = static_cast<double>(right_label) / all;
  answer.by_triplet = static_cast<double>(right_triplet) / all;
  answer.constant = static_cast<double>(right_constant) / all;
  for (const int64_t count : counts) {
    const double p = static_cast<double>(count) / all;
    if (count > 0) answer.entropy -= p * std::log2(p);
  }
  return answer;
}

}  // namespace lexome

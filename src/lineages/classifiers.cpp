#include "lineages/classifiers.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <map>
#include <numeric>
#include <set>
#include <unordered_map>

#include "base/threads.h"
#include "vocab/kmer_scan.h"

namespace lexome {
namespace {

constexpr int kJaccardWord = 25;

// The commonest class, the first of equals; ties of a nearest neighbour vote so.
int32_t commonest(const std::vector<double>& votes) {
  return static_cast<int32_t>(std::max_element(votes.begin(), votes.end()) - votes.begin());
}

using SpanDistance = std::function<double(std::span<const Change>, std::span<const Change>, Span)>;

std::vector<int32_t> nearest_in_place(const LineageTask& task, const TaskView& view,
                                      const SpanDistance& distance, int threads) {
  std::map<uint32_t, std::vector<const ViewItem*>> by_place;
  for (const ViewItem& item : view.side(TaskSide::kTrain)) {
    by_place[item.span.begin].push_back(&item);
  }
  const std::vector<ViewItem>& tested = view.side(TaskSide::kTest);
  std::vector<int32_t> guesses(tested.size(), 0);
  parallel_for(static_cast<int64_t>(tested.size()), 16, threads, [&](int64_t b, int64_t e) {
    for (auto i = static_cast<size_t>(b); i < static_cast<size_t>(e); ++i) {
      const ViewItem& item = tested[i];
      const auto mine = changes_in(task.genomes[item.genome].changes, item.span);
      std::vector<double> votes(task.classes.size(), 0);
      double best = INFINITY;
      for (const ViewItem* other : by_place.at(item.span.begin)) {
        const double apart =
            distance(mine, changes_in(task.genomes[other->genome].changes, item.span), item.span);
        if (apart > best) continue;
        if (apart < best) std::fill(votes.begin(), votes.end(), 0.0);
        best = apart;
        votes[static_cast<size_t>(other->label)] += 1;
      }
      guesses[i] = commonest(votes);
    }
  });
  return guesses;
}

std::vector<uint64_t> words_of(BasesView bases) {
  std::vector<uint64_t> words;
  scan_kmers<false>(bases, kJaccardWord, [&](uint64_t code) { words.push_back(code); });
  std::sort(words.begin(), words.end());
  words.erase(std::unique(words.begin(), words.end()), words.end());
  return words;
}

}  // namespace

std::vector<int32_t> hamming_nearest(const LineageTask& task, const TaskView& view, int threads) {
  return nearest_in_place(
      task, view,
      [](std::span<const Change> a, std::span<const Change> b, Span span) {
        return difference(a, b, span).rate();
      },
      threads);
}

std::vector<int32_t> unknown_nearest(const LineageTask& task, const TaskView& view, int threads) {
  const auto unknown = [](std::span<const Change> a, std::span<const Change> b, Span) {
    size_t i = 0, j = 0;
    double apart = 0;
    for (;;) {
      while (i < a.size() && a[i].base < kN) ++i;
      while (j < b.size() && b[j].base < kN) ++j;
      if (i == a.size() && j == b.size()) return apart;
      const bool in_a = i < a.size() && (j == b.size() || a[i].position <= b[j].position);
      const bool in_b = j < b.size() && (i == a.size() || b[j].position <= a[i].position);
      apart += in_a != in_b;
      i += in_a;
      j += in_b;
    }
  };
  return nearest_in_place(task, view, unknown, threads);
}

std::vector<int32_t> jaccard_nearest(const LineageTask& task, const TaskView& view, int threads) {
  const DistinctBases distinct = distinct_bases(task, view);
  std::vector<std::vector<uint64_t>> words(distinct.bases.size());
  parallel_for(static_cast<int64_t>(words.size()), 16, threads, [&](int64_t b, int64_t e) {
    for (auto i = static_cast<size_t>(b); i < static_cast<size_t>(e); ++i) {
      words[i] = words_of(distinct.bases[i]);
    }
  });
  // Votes of each distinct training sequence, and where each word stands.
  std::map<size_t, std::vector<double>> votes_of;
  const auto& of_train = distinct.of_item[static_cast<size_t>(TaskSide::kTrain)];
  const std::vector<ViewItem>& trained = view.side(TaskSide::kTrain);
  for (size_t i = 0; i < of_train.size(); ++i) {
    std::vector<double>& votes = votes_of[of_train[i]];
    votes.resize(task.classes.size(), 0);
    votes[static_cast<size_t>(trained[i].label)] += 1;
  }
  std::unordered_map<uint64_t, std::vector<uint32_t>> where;
  for (const auto& [sequence, votes] : votes_of) {
    for (const uint64_t word : words[sequence]) {
      where[word].push_back(static_cast<uint32_t>(sequence));
    }
  }
  const auto& of_test = distinct.of_item[static_cast<size_t>(TaskSide::kTest)];
  std::vector<size_t> asked = of_test;
  std::sort(asked.begin(), asked.end());
  asked.erase(std::unique(asked.begin(), asked.end()), asked.end());
  std::vector<int32_t> answer(distinct.bases.size(), 0);
  parallel_for(static_cast<int64_t>(asked.size()), 4, threads, [&](int64_t b, int64_t e) {
    std::vector<uint32_t> shared(distinct.bases.size(), 0);
    for (auto i = static_cast<size_t>(b); i < static_cast<size_t>(e); ++i) {
      std::fill(shared.begin(), shared.end(), 0U);
      for (const uint64_t word : words[asked[i]]) {
        const auto found = where.find(word);
        if (found == where.end()) continue;
        for (const uint32_t sequence : found->second) ++shared[sequence];
      }
      std::vector<double> votes(task.classes.size(), 0);
      double best = -1;
      for (const auto& [sequence, of] : votes_of) {
        const double both = shared[sequence];
        const double any =
            static_cast<double>(words[asked[i]].size() + words[sequence].size()) - both;
        const double index = any > 0 ? both / any : 0;
        if (index < best) continue;
        if (index > best) std::fill(votes.begin(), votes.end(), 0.0);
        best = index;
        for (size_t c = 0; c < votes.size(); ++c) votes[c] += of[c];
      }
      answer[asked[i]] = commonest(votes);
    }
  });
  std::vector<int32_t> guesses;
  for (const size_t sequence : of_test) guesses.push_back(answer[sequence]);
  return guesses;
}

std::vector<int32_t> oracle(const LineageTask& task, const TaskView& view,
                            const std::vector<DefiningSite>& sites) {
  std::set<uint32_t> positions;
  for (const DefiningSite& site : sites) positions.insert(site.position);
  std::set<size_t> trained;
  for (const ViewItem& item : view.side(TaskSide::kTrain)) trained.insert(item.genome);
  const size_t classes = task.classes.size();
  std::map<uint32_t, std::vector<std::array<double, 4>>> log_p;
  for (const uint32_t position : positions) {
    auto& table = log_p[position];
    table.assign(classes, {0.5, 0.5, 0.5, 0.5});
    for (const size_t g : trained) {
      const Base base = base_at(task.reference, task.genomes[g].changes, position);
      if (base < kN) table[static_cast<size_t>(task.genomes[g].label)][base] += 1;
    }
    for (auto& of_class : table) {
      const double sum = of_class[0] + of_class[1] + of_class[2] + of_class[3];
      for (double& value : of_class) value = std::log(value / sum);
    }
  }
  std::vector<int32_t> guesses;
  for (const ViewItem& item : view.side(TaskSide::kTest)) {
    std::vector<double> score(classes, 0);
    const auto first = log_p.lower_bound(item.span.begin), last = log_p.lower_bound(item.span.end);
    for (auto at = first; at != last; ++at) {
      const Base base = base_at(task.reference, task.genomes[item.genome].changes, at->first);
      if (base >= kN) continue;
      for (size_t c = 0; c < classes; ++c) score[c] += at->second[c][base];
    }
    guesses.push_back(commonest(score));
  }
  return guesses;
}

ReaderBound reader_bound(const LineageTask& task, const std::vector<ViewItem>& items) {
  const size_t classes = task.classes.size();
  std::map<std::pair<uint32_t, std::string>, std::vector<double>> groups;
  std::vector<double> of_class(classes, 0);
  for (const ViewItem& item : items) {
    auto& counts = groups[{item.span.begin, to_letters(item_bases(task, item))}];
    counts.resize(classes, 0);
    counts[static_cast<size_t>(item.label)] += 1;
    of_class[static_cast<size_t>(item.label)] += 1;
  }
  ReaderBound bound;
  for (const auto& [where, counts] : groups) {
    bound.accuracy += *std::max_element(counts.begin(), counts.end());
  }
  bound.accuracy /= static_cast<double>(items.size());
  double seen = 0;
  for (size_t c = 0; c < classes; ++c) {
    // 2 hits / (called + there) is largest for a set of the purest groups.
    std::vector<std::pair<double, double>> sets;  // hits, items
    for (const auto& [where, counts] : groups) {
      if (counts[c] > 0) {
        sets.emplace_back(counts[c], std::accumulate(counts.begin(), counts.end(), 0.0));
      }
    }
    std::sort(sets.begin(), sets.end(),
              [](const auto& a, const auto& b) { return a.first * b.second > b.first * a.second; });
    double best = 0, hits = 0, called = 0;
    for (const auto& [more_hits, more_called] : sets) {
      hits += more_hits;
      called += more_called;
      best = std::max(best, 2 * hits / (called + of_class[c]));
    }
    bound.f1.push_back(best);
    bound.macro_f1 += best;
    seen += of_class[c] > 0;
  }
  bound.macro_f1 /= seen;
  return bound;
}

}  // namespace lexome

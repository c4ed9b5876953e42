#include "data/duplicates.h"

#include <algorithm>
#include <functional>
#include <string_view>

#include "base/log.h"
#include "base/threads.h"
#include "data/copy_sketch.h"

namespace lexome {
namespace {

constexpr int64_t kBatch = 2'000'000;  // rows sketched at a time: 1 GB of tables at most
// Rows of the other set between two looks at what was found: a row that has a near copy by then is
// compared only with rows that may be nearer. Fixed, so that results do not depend on threads.
constexpr int64_t kStep = 4096;
constexpr int64_t kGrain = 256;
constexpr float kEnough = 0.95F;
constexpr size_t kLongRow = 1'000'000;  // a tenth of all 12-mers stands in it by chance

uint64_t hash_of(BasesView bases) {
  const std::string_view text(reinterpret_cast<const char*>(bases.data()), bases.size());
  return std::hash<std::string_view>()(text);
}

bool equal(BasesView a, BasesView b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin());
}

struct Match {
  int64_t row, other;
  float containment;
};

void take(const Match& match, NearestCopies* found) {
  const auto row = static_cast<size_t>(match.row);
  float& best = found->containment[row];
  int64_t& nearest = found->nearest[row];
  const bool nearer = match.containment > best ||
                      (match.containment == best && nearest >= 0 && match.other < nearest);
  if (!nearer) return;
  best = match.containment;
  nearest = match.other;
}

void find_copies(const LabelledSet& rows, const LabelledSet& others, int threads,
                 NearestCopies* found) {
  const CopyIndex index({&others});
  const bool itself = &rows == &others;
  parallel_for(static_cast<int64_t>(rows.rows.size()), kGrain, threads,
               [&](int64_t begin, int64_t end) {
                 std::vector<CopyIndex::Copy> copies;
                 const auto first = [&](BasesView bases, int64_t row) -> int64_t {
                   index.find(bases, &copies);
                   for (const CopyIndex::Copy& copy : copies) {
                     if (!itself || copy.row != row) return copy.row;
                   }
                   return -1;
                 };
                 for (int64_t i = begin; i < end; ++i) {
                   const auto at = static_cast<size_t>(i);
                   const Bases& bases = rows.rows[at].bases;
                   const int64_t same = first(bases, i);
                   const int64_t mirrored = first(reverse_complement(bases), i);
                   found->exact[at] = same >= 0;
                   found->reverse[at] = mirrored >= 0;
                   if (same < 0 && mirrored < 0) continue;
                   found->containment[at] = 1;
                   found->nearest[at] = same >= 0 ? same : mirrored;
                 }
               });
}

// Rows [begin, end) of `rows` that have no copy yet, against all others.
void find_near(const LabelledSet& rows, int64_t begin, int64_t end, const LabelledSet& others,
               int threads, NearestCopies* found) {
  std::vector<uint8_t> skip(rows.rows.size(), 0);
  bool any = false;
  for (int64_t i = begin; i < end; ++i) {
    skip[static_cast<size_t>(i)] = found->containment[static_cast<size_t>(i)] >= kEnough;
    any = any || skip[static_cast<size_t>(i)] == 0;
  }
  if (!any) return;
  const bool itself = &rows == &others;
  const SketchIndex index(rows, begin, end, skip, others, threads);
  const auto count = static_cast<int64_t>(others.rows.size());
  for (int64_t step = 0; step < count; step += kStep) {
    const int64_t length = std::min(kStep, count - step);
    std::vector<std::vector<Match>> parts(static_cast<size_t>((length + kGrain - 1) / kGrain));
    parallel_for(length, kGrain, threads, [&](int64_t from, int64_t to) {
      std::vector<Match>& matches = parts[static_cast<size_t>(from / kGrain)];
      SketchIndex::Scratch scratch = index.scratch();
      KmerSet set;
      std::vector<SketchIndex::Candidate> near;
      for (int64_t other = step + from; other < step + to; ++other) {
        set.assign(others.rows[static_cast<size_t>(other)].bases);
        index.candidates(other, set.codes(), &scratch, &near);
        for (const SketchIndex::Candidate& candidate : near) {
          const int64_t row = begin + candidate.row;
          const float best = found->containment[static_cast<size_t>(row)];
          if ((itself && row == other) || best >= kEnough || !index.may_beat(candidate, best)) {
            continue;
          }
          const int64_t shared = set.shared_with(rows.rows[static_cast<size_t>(row)].bases);
          matches.push_back({row, other,
                             static_cast<float>(static_cast<double>(shared) /
                                                static_cast<double>(index.kmers(candidate.row)))});
        }
      }
    });
    for (const std::vector<Match>& matches : parts) {
      for (const Match& match : matches) take(match, found);
    }
  }
}

}  // namespace

CopyIndex::CopyIndex(std::vector<const LabelledSet*> sets) : sets_(std::move(sets)) {
  for (size_t s = 0; s < sets_.size(); ++s) {
    for (size_t r = 0; r < sets_[s]->rows.size(); ++r) {
      entries_.push_back(
          {hash_of(sets_[s]->rows[r].bases), static_cast<int32_t>(s), static_cast<int64_t>(r)});
    }
  }
  std::stable_sort(entries_.begin(), entries_.end(),
                   [](const Entry& a, const Entry& b) { return a.hash < b.hash; });
}

void CopyIndex::find(BasesView bases, std::vector<Copy>* copies) const {
  copies->clear();
  const uint64_t hash = hash_of(bases);
  auto entry = std::lower_bound(entries_.begin(), entries_.end(), hash,
                                [](const Entry& e, uint64_t h) { return e.hash < h; });
  for (; entry != entries_.end() && entry->hash == hash; ++entry) {
    const LabelledSet& set = *sets_[static_cast<size_t>(entry->set)];
    if (equal(set.rows[static_cast<size_t>(entry->row)].bases, bases)) {
      copies->push_back({entry->set, entry->row});
    }
  }
}

NearestCopies nearest_copies(const LabelledSet& rows, const LabelledSet& others, int threads) {
  NearestCopies found;
  const size_t count = rows.rows.size();
  found.containment.assign(count, 0);
  found.nearest.assign(count, -1);
  found.exact.assign(count, 0);
  found.reverse.assign(count, 0);
  for (const LabelledRow& row : others.rows) {
    if (row.bases.size() <= kLongRow) continue;
    log::warn_once(
        "{}: rows above a million bases hold many 12-mers by chance; containment in them says "
        "little, so cut them into windows",
        others.path);
    break;
  }
  find_copies(rows, others, threads, &found);
  for (int64_t begin = 0; begin < static_cast<int64_t>(count); begin += kBatch) {
    find_near(rows, begin, std::min(begin + kBatch, static_cast<int64_t>(count)), others, threads,
              &found);
  }
  return found;
}

}  // namespace lexome

#include "lineages/align.h"

#include <fmt/format.h>

#include <algorithm>

#include "lexome/error.h"
#include "vocab/kmer_scan.h"

namespace lexome {
namespace {

constexpr int kWord = 24;
constexpr int64_t kMostCells = int64_t{1} << 26;  // of one stretch between anchors

struct Anchor {
  uint32_t reference, genome;
};

// The longest chain of anchors that rises in both sequences (patience sorting).
std::vector<Anchor> rising(const std::vector<Anchor>& anchors) {
  std::vector<size_t> tails, before(anchors.size(), SIZE_MAX);
  for (size_t i = 0; i < anchors.size(); ++i) {  // rising in the genome already
    const auto at = std::lower_bound(
        tails.begin(), tails.end(), anchors[i].reference,
        [&](size_t tail, uint32_t value) { return anchors[tail].reference < value; });
    if (at != tails.begin()) before[i] = *(at - 1);
    if (at == tails.end()) {
      tails.push_back(i);
    } else {
      *at = i;
    }
  }
  std::vector<Anchor> chain;
  for (size_t i = tails.empty() ? SIZE_MAX : tails.back(); i != SIZE_MAX; i = before[i]) {
    chain.push_back(anchors[i]);
  }
  std::reverse(chain.begin(), chain.end());
  return chain;
}

}  // namespace

std::vector<int64_t> global_alignment(BasesView a, BasesView b) {
  const size_t width = b.size() + 1;
  std::vector<int32_t> above(width), row(width);
  std::vector<uint8_t> came((a.size() + 1) * width);  // 0: both, 1: a alone, 2: b alone
  for (size_t j = 0; j < width; ++j) above[j] = -2 * static_cast<int32_t>(j);
  std::fill(came.begin(), came.begin() + static_cast<std::ptrdiff_t>(width), uint8_t{2});
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = -2 * static_cast<int32_t>(i);
    came[i * width] = 1;
    for (size_t j = 1; j < width; ++j) {
      const Base x = a[i - 1], y = b[j - 1];
      const int32_t both = above[j - 1] + (x >= kN || y >= kN ? 0 : x == y ? 1 : -1);
      const int32_t up = above[j] - 2, left = row[j - 1] - 2;
      row[j] = std::max({both, up, left});
      came[i * width + j] = row[j] == both ? 0 : row[j] == up ? 1 : 2;
    }
    std::swap(above, row);
  }
  std::vector<int64_t> partner(a.size(), -1);
  size_t i = a.size(), j = b.size();
  while (i > 0 || j > 0) {
    const uint8_t step = came[i * width + j];
    if (step == 0) {
      --i, --j;
      partner[i] = static_cast<int64_t>(j);
    } else if (step == 1) {
      --i;
    } else {
      --j;
    }
  }
  return partner;
}

ReferenceAligner::ReferenceAligner(BasesView reference) : reference_(reference) {
  std::vector<std::pair<uint64_t, uint32_t>> all;
  for (size_t i = 0; i + kWord <= reference.size(); ++i) {
    scan_kmers<false>(reference.subspan(i, kWord), kWord,
                      [&](uint64_t code) { all.emplace_back(code, static_cast<uint32_t>(i)); });
  }
  std::sort(all.begin(), all.end());
  for (size_t i = 0; i < all.size(); ++i) {
    const bool twice = (i > 0 && all[i - 1].first == all[i].first) ||
                       (i + 1 < all.size() && all[i + 1].first == all[i].first);
    if (!twice) words_.push_back(all[i]);
  }
}

Changes ReferenceAligner::align(BasesView genome, const std::string& name) const {
  std::vector<Anchor> anchors;
  for (size_t i = 0; i + kWord <= genome.size(); ++i) {
    scan_kmers<false>(genome.subspan(i, kWord), kWord, [&](uint64_t code) {
      const auto found = std::lower_bound(words_.begin(), words_.end(), std::pair{code, 0U});
      if (found != words_.end() && found->first == code) {
        anchors.push_back({found->second, static_cast<uint32_t>(i)});
      }
    });
  }
  const std::vector<Anchor> chain = rising(anchors);
  if (chain.size() < reference_.size() / 100) {
    throw InputError(
        fmt::format("{}: cannot be laid against the reference: {} of its {}-base words are found "
                    "in order; is it "
                    "another virus, or the other strand?",
                    name, chain.size(), kWord));
  }
  Bases laid(reference_.size(), kN);
  uint32_t at = chain.front().reference, in = chain.front().genome;  // next to be laid
  for (const Anchor& anchor : chain) {
    // Beside a gap two words can claim one base: the earlier claim holds.
    const uint32_t late = std::max(at > anchor.reference ? at - anchor.reference : 0,
                                   in > anchor.genome ? in - anchor.genome : 0);
    if (late >= kWord) continue;
    const uint32_t begin = anchor.reference + late, from = anchor.genome + late;
    const BasesView a = reference_.subspan(at, begin - at), b = genome.subspan(in, from - in);
    if (a.size() == b.size()) {
      std::copy(b.begin(), b.end(), laid.begin() + at);
    } else {
      if (static_cast<int64_t>(a.size() + 1) * static_cast<int64_t>(b.size() + 1) > kMostCells) {
        throw InputError(
            fmt::format("{}: cannot be laid against the reference between positions {} and {}",
                        name, at + 1, begin));
      }
      const std::vector<int64_t> partner = global_alignment(a, b);
      for (size_t i = 0; i < partner.size(); ++i) {
        if (partner[i] >= 0) laid[at + i] = b[static_cast<size_t>(partner[i])];
      }
    }
    at = begin, in = from;
    const uint32_t end = anchor.reference + kWord;
    while (at < end) laid[at++] = genome[in++];
  }
  // The ends, which no word anchors.
  for (uint32_t i = chain.front().reference, j = chain.front().genome; i > 0 && j > 0;) {
    laid[--i] = genome[--j];
  }
  while (at < laid.size() && in < genome.size()) laid[at++] = genome[in++];
  return changes_of(reference_, laid);
}

}  // namespace lexome

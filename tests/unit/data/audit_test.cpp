// The audit against brute force, and on splits whose leak is known.
#include "data/audit.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "lexome/error.h"
#include "unit/data/toy_genome.h"

namespace lexome {
namespace {

using test::open_genomes;
using test::random_letters;
using test::ToyFolder;

WindowPlan plan_of(const std::string& path, const std::string& holdout) {
  WindowOptions options;
  options.length = 100;
  options.holdout = holdout;
  return WindowPlan(open_genomes({path}), options);
}

TEST(Audit, UnrelatedSequenceSharesNothing) {
  const ToyFolder folder;
  const WindowPlan plan = plan_of(folder.genome("a.2bit", {{"train", random_letters(50000, 1)},
                                                           {"held", random_letters(3000, 2)}}),
                                  "held");
  const Overlap overlap = audit_split(plan);
  EXPECT_EQ(overlap.windows, 30);
  EXPECT_EQ(overlap.contained, 0);
  EXPECT_DOUBLE_EQ(overlap.mean_containment, 0.0);
}

TEST(Audit, CopiesAreFoundOnBothStrands) {
  const ToyFolder folder;
  const std::string copied = random_letters(1000, 3), own = random_letters(1000, 4);
  const std::string mirrored = to_letters(reverse_complement(bases_from(copied)));
  for (const std::string& shared : {copied, mirrored}) {
    const std::string name = shared == copied ? "same.2bit" : "mirrored.2bit";
    const WindowPlan plan = plan_of(
        folder.genome(name, {{"train", random_letters(5000, 1) + shared + random_letters(50, 5)},
                             {"held", copied + own}}),
        "held");
    const Overlap overlap = audit_split(plan);
    EXPECT_EQ(overlap.windows, 20);
    EXPECT_EQ(overlap.contained, 10);
    EXPECT_DOUBLE_EQ(overlap.share(), 0.5);
    EXPECT_DOUBLE_EQ(overlap.mean_containment, 0.5);
  }
}

TEST(Audit, AgreesWithBruteForce) {
  const ToyFolder folder;
  const std::string train = random_letters(3000, 1) + "NNN" + random_letters(500, 2);
  const std::string held = random_letters(730, 3);
  WindowOptions options;
  options.length = 100;
  options.holdout = "held";
  options.n_policy = "keep";
  const WindowPlan plan(open_genomes({folder.genome("a.2bit", {{"train", train}, {"held", held}})}),
                        options);
  constexpr int k = 6;
  const auto canonical = [](const std::string& word) {
    return std::min(word, to_letters(reverse_complement(bases_from(word))));
  };
  std::set<std::string> known;
  for (size_t at = 0; at + k <= train.size(); ++at) {
    const std::string word = train.substr(at, k);
    if (word.find('N') == std::string::npos) known.insert(canonical(word));
  }
  double sum = 0;
  int64_t contained = 0;
  for (size_t w = 0; w < 7; ++w) {
    double shared = 0;
    for (size_t at = 100 * w; at + k <= 100 * w + 100; ++at) {
      shared += static_cast<double>(known.count(canonical(held.substr(at, k))));
    }
    sum += shared / 95;
    contained += shared / 95 >= 0.8;
  }
  for (const int threads : {1, 3}) {
    const Overlap overlap = audit_split(plan, k, 0.8, threads);
    EXPECT_EQ(overlap.windows, 7);
    EXPECT_EQ(overlap.contained, contained);
    EXPECT_NEAR(overlap.mean_containment, sum / 7, 1e-12);
  }
  EXPECT_THROW(audit_split(plan, 33), ConfigError);
}

TEST(Audit, LongTrainingSequenceIsReadAcrossItsPieces) {
  const ToyFolder folder;
  // A copied stretch across the border of the two-million-base pieces that training is read in.
  const std::string copied = random_letters(200, 7);
  std::string train = random_letters((size_t{1} << 21) + 5000, 1);
  train.replace((size_t{1} << 21) - 100, 200, copied);
  const WindowPlan plan =
      plan_of(folder.genome("a.2bit", {{"train", train}, {"held", copied}}), "held");
  EXPECT_DOUBLE_EQ(audit_split(plan, 24, 0.5, 2).mean_containment, 1.0);
}

}  // namespace
}  // namespace lexome

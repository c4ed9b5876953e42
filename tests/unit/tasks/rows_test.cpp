// Rows for the tasks: cutting, grouping by length, and training batches as a pure function of their
// index.
#include "tasks/rows.h"

#include <gtest/gtest.h>

#include <set>

#include "unit/tasks/support.h"
#include "vocab/nucleotide.h"

namespace lexome {
namespace {

std::shared_ptr<const Tokenizer> three_mers() {
  KmerOptions options;
  options.k = 3;
  return make_kmer(options);
}

LabelledRow row_of(const std::string& letters, Interval where = {}) {
  LabelledRow row;
  row.bases = bases_from(letters);
  row.where = std::move(where);
  row.label = 0;
  return row;
}

TEST(Rows, CutsTheMiddleOrTheHeadAndTheirCoordinates) {
  // Room for 4 tokens of 3 bases: 6 bases.
  const RowFitter middle(three_mers(), 6, "middle");
  const Bases bases = bases_from("AACCGGTTAC");
  EXPECT_EQ(middle.fit(bases), (std::pair<int64_t, int64_t>{2, 8}));
  RowFitter head(three_mers(), 6, "head");
  EXPECT_EQ(head.fit(bases), (std::pair<int64_t, int64_t>{0, 6}));
  LabelledRow forward = row_of("AACCGGTTAC", {"chr1", 100, 110, '+'});
  head.cut(&forward);
  EXPECT_EQ(to_letters(forward.bases), "AACCGG");
  EXPECT_EQ(forward.where, (Interval{"chr1", 100, 106, '+'}));
  LabelledRow reverse = row_of("AACCGGTTAC", {"chr1", 100, 110, '-'});
  head.cut(&reverse);
  EXPECT_EQ(reverse.where, (Interval{"chr1", 104, 110, '-'}));
  LabelledRow fits = row_of("AACCGG", {"chr1", 5, 11, '.'});
  head.cut(&fits);
  EXPECT_EQ(fits.bases.size(), 6u);
  EXPECT_EQ(fits.where, (Interval{"chr1", 5, 11, '.'}));
  EXPECT_EQ(head.num_cut(), 2);
}

TEST(Rows, ShortAndEmptyRowsStay) {
  const RowFitter fitter(three_mers(), 6, "middle");
  EXPECT_EQ(fitter.fit(Bases{}), (std::pair<int64_t, int64_t>{0, 0}));
  EXPECT_EQ(fitter.fit(bases_from("A")), (std::pair<int64_t, int64_t>{0, 1}));
  EXPECT_EQ(
      fitter.fit(bases_from("NNNNNNNNNNNN")).second - fitter.fit(bases_from("NNNNNNNNNNNN")).first,
      6);
}

TEST(Rows, GroupsHoldEveryItemOnceWithinTheirLimits) {
  Random random(3, Purpose::kTest);
  std::vector<int64_t> lengths;
  for (int i = 0; i < 500; ++i) lengths.push_back(static_cast<int64_t>(random.below(300)));
  lengths.push_back(100000);  // longer than a whole group may be
  std::vector<int> seen(lengths.size(), 0);
  int64_t before = 1 << 30;
  for (const auto& group : group_by_length(lengths, 16, 2000)) {
    ASSERT_FALSE(group.empty());
    EXPECT_LE(group.size(), 16u);
    int64_t widest = 0;
    for (const int64_t item : group) {
      ++seen[static_cast<size_t>(item)];
      widest = std::max(widest, lengths[static_cast<size_t>(item)]);
    }
    EXPECT_LE(widest, before);  // longest first
    before = lengths[static_cast<size_t>(group.back())];
    if (group.size() > 1) {
      EXPECT_LE(widest * static_cast<int64_t>(group.size()), 2000);
    }
  }
  for (const int count : seen) EXPECT_EQ(count, 1);
  EXPECT_TRUE(group_by_length({}, 16, 2000).empty());
}

class LabelledBatchesTest : public ::testing::Test {
 protected:
  LabelledBatchesTest() {
    Random random(8, Purpose::kTest);
    set_.classes = {"a", "b"};
    for (int i = 0; i < 101; ++i) {
      set_.rows.push_back(row_of(testing::random_letters(&random, 5 + i % 40)));
      set_.rows.back().label = i % 2;
    }
    collator_ = std::make_shared<Collator>(three_mers(), nullptr, CollateOptions{});
  }
  LabelledSet set_;
  std::shared_ptr<const Collator> collator_;
};

TEST_F(LabelledBatchesTest, EveryEpochSeesEveryRowOnceInAnOrderOfItsOwn) {
  const LabelledBatches batches(set_, collator_, 8, 5, false);
  EXPECT_EQ(batches.per_epoch(), 13);
  std::vector<std::vector<int64_t>> orders;
  for (uint64_t epoch = 0; epoch < 3; ++epoch) {
    std::vector<int64_t> order;
    for (uint64_t b = 0; b < 13; ++b) {
      const auto rows = batches.training_rows(epoch * 13 + b);
      EXPECT_LE(rows.size(), 8u);
      order.insert(order.end(), rows.begin(), rows.end());
    }
    EXPECT_EQ(std::set<int64_t>(order.begin(), order.end()).size(), 101u);
    EXPECT_EQ(order.size(), 101u);
    orders.push_back(order);
  }
  EXPECT_NE(orders[0], orders[1]);
}

TEST_F(LabelledBatchesTest, ABatchIsAPureFunctionOfItsIndex) {
  const LabelledBatches one(set_, collator_, 8, 5, true), other(set_, collator_, 8, 5, true);
  const Batch late = one.training_batch(40);
  for (uint64_t b = 0; b < 60; ++b) one.training_batch(b);
  EXPECT_EQ(other.training_batch(40).ids, late.ids);
  EXPECT_EQ(one.training_batch(40).ids, late.ids);
  EXPECT_EQ(one.training_batch(40).targets, late.targets);
  const LabelledBatches reseeded(set_, collator_, 8, 6, true);
  EXPECT_NE(reseeded.training_rows(40), one.training_rows(40));
}

TEST_F(LabelledBatchesTest, BothStrandsTurnAboutHalfOfTheRows) {
  const LabelledBatches forward(set_, collator_, 8, 5, false), both(set_, collator_, 8, 5, true);
  int turned = 0, rows = 0;
  for (uint64_t b = 0; b < 52; ++b) {
    const Batch plain = forward.training_batch(b), mixed = both.training_batch(b);
    EXPECT_EQ(plain.targets, mixed.targets);
    for (int64_t r = 0; r < plain.rows; ++r) {
      const auto at = plain.base_ids.begin() + r * plain.bases;
      const Bases as_is(at, at + plain.base_lengths[static_cast<size_t>(r)]);
      const auto turned_at = mixed.base_ids.begin() + r * mixed.bases;
      const Bases found(turned_at, turned_at + mixed.base_lengths[static_cast<size_t>(r)]);
      if (found != as_is) {
        EXPECT_EQ(found, reverse_complement(as_is));
        ++turned;
      }
      ++rows;
    }
  }
  EXPECT_NEAR(static_cast<double>(turned) / rows, 0.5, 0.1);
}

}  // namespace
}  // namespace lexome

// Guesses of masked codes from visible neighbours, worked out by hand.
#include "data/local_codes.h"

#include <gtest/gtest.h>

#include "lexome/error.h"

namespace lexome {
namespace {

using Codes = std::vector<int64_t>;

TEST(LocalCodes, TheNearestVisibleCodesDecide) {
  LocalCodes local;
  // Between 1 and 2 stands 7 twice and 8 once; between 3 and 2 stands 9.
  local.count(Codes{1, -1, 2, 1, -1, 2}, Codes{-1, 7, -1, -1, 8, -1}, 3);
  local.count(Codes{1, -1, 2, 3, -1, 2}, Codes{-1, 7, -1, -1, 9, -1}, 3);
  local.settle();
  const LocalCodes::Score found =
      local.score(Codes{1, -1, 2, 3, -1, 2, 1, -1, 2}, Codes{-1, 7, -1, -1, 9, -1, -1, 8, -1}, 3);
  EXPECT_EQ(found.asked, 3);
  EXPECT_EQ(found.right, 2);            // 8 is the rarer of two between 1 and 2
  EXPECT_EQ(found.commonest_right, 1);  // 7
}

TEST(LocalCodes, ANewNeighbourhoodIsJudgedByItsNearerSideThenByTheCommonest) {
  LocalCodes local;
  // One place left of 5 stands 6, on both counts; 4 is what stands most often anywhere.
  local.count(Codes{1, 1, -1, 5}, Codes{-1, -1, 6, -1}, 4);
  for (int i = 0; i < 3; ++i) local.count(Codes{2, -1, 2, 2}, Codes{-1, 4, -1, -1}, 4);
  local.settle();
  // 9 is unknown and two places off, 2 is next to the place: as far left of it as 4 always was.
  EXPECT_EQ(local.score(Codes{2, -1, -1, 9}, Codes{-1, 4, -1, -1}, 4).right, 1);
  // Nothing is known about either side.
  EXPECT_EQ(local.score(Codes{8, -1, 9, 9}, Codes{-1, 4, -1, -1}, 4).right, 1);
  EXPECT_EQ(local.score(Codes{8, -1, 9, 9}, Codes{-1, 6, -1, -1}, 4).right, 0);
}

TEST(LocalCodes, RowsDoNotSeeEachOther) {
  LocalCodes local;
  local.count(Codes{-1, 3, 3, -1}, Codes{7, -1, -1, 8}, 2);
  local.settle();
  // The first place of a row has nothing to its left, whatever ends the row before.
  EXPECT_EQ(local.score(Codes{5, 5, -1, 3}, Codes{-1, -1, 7, -1}, 2).right, 1);
  EXPECT_EQ(local.score(Codes{5, 5, -1, 3}, Codes{-1, -1, 7, -1}, 2).asked, 1);
}

TEST(LocalCodes, RefusesShapesThatDiffer) {
  LocalCodes local;
  EXPECT_THROW(local.count(Codes{1, 2}, Codes{-1}, 1), InternalError);
}

}  // namespace
}  // namespace lexome

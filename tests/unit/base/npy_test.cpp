// Arrays written as a stream are what NumPy reads.
#include "base/npy.h"

#include <gtest/gtest.h>

#include "lexome/error.h"
#include "python_oracle.h"
#include "temporary_folder.h"

namespace lexome {
namespace {

using lexome_test::slurp;
using lexome_test::TemporaryFolder;

TEST(Npy, HeaderIsRewrittenWithTheNumberOfRows) {
  const TemporaryFolder folder;
  NpyWriter writer(folder / "x.npy", "<f4", {3, 2}, false);
  const std::vector<float> row = {1, 2, 3, 4, 5, 6};
  for (int i = 0; i < 12; ++i) writer.write(std::span<const float>(row));
  EXPECT_EQ(writer.rows(), 12);
  EXPECT_EQ(folder.entries(), 1u);  // the temporary only
  writer.commit();
  const std::string bytes = slurp(folder / "x.npy");
  ASSERT_EQ(bytes.size(), 128u + 12 * 6 * sizeof(float));
  EXPECT_EQ(bytes.substr(0, 10), std::string("\x93NUMPY\x01\0\x76\0", 10));
  EXPECT_NE(bytes.find("{'descr': '<f4', 'fortran_order': False, 'shape': (12, 3, 2), }"),
            std::string::npos);
  EXPECT_EQ(bytes[127], '\n');
}

TEST(Npy, ABrokenRowIsRefusedAndLeavesNothing) {
  const TemporaryFolder folder;
  {
    NpyWriter writer(folder / "x.npy", "<i4", {4}, false);
    const std::vector<int32_t> part = {1, 2, 3};
    writer.write(std::span<const int32_t>(part));
    EXPECT_THROW(writer.commit(), InternalError);
  }
  EXPECT_EQ(folder.entries(), 0u);
}

TEST(Npy, NumPyReadsIt) {
  const TemporaryFolder folder;
  const std::vector<float> rows = {0.5F, -1, 2, 3};
  const std::vector<int32_t> numbers = {7, 8, 9};
  NpyWriter floats(folder / "f.npy", "<f4", {2}, false), flat(folder / "i.npy", "<i4", {}, false),
      empty(folder / "e.npy", "|u1", {5}, false);
  floats.write(std::span<const float>(rows));
  flat.write(std::span<const int32_t>(numbers));
  for (NpyWriter* writer : {&floats, &flat, &empty}) writer->commit();
  const char* script =
      "import sys, numpy as np\n"
      "for name in 'fie':\n"
      "    a = np.load(sys.argv[1] + '/' + name + '.npy')\n"
      "    print(a.dtype, a.shape, a.tolist())\n";
  const auto answer =
      testing::ask_python("numpy", script, folder.path(), "'" + folder.path().string() + "'");
  if (!answer.available) GTEST_SKIP() << answer.reason;
  EXPECT_EQ(answer.text,
            "float32 (2, 2) [[0.5, -1.0], [2.0, 3.0]]\n"
            "int32 (3,) [7, 8, 9]\n"
            "uint8 (0, 5) []\n");
}

}  // namespace
}  // namespace lexome

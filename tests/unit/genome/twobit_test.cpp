// The .2bit store: layout byte for byte, versions, byte order, random access against plain letters,
// and every way a file can be damaged.
#include "genome/twobit.h"

#include <gtest/gtest.h>

#include <functional>

#include "genome/fasta.h"
#include "genome_files.h"

namespace lexome {
namespace {

std::string u32(uint32_t value, bool swapped = false) {
  std::string bytes;
  for (int i = 0; i < 4; ++i) {
    bytes += static_cast<char>(value >> (8 * (swapped ? 3 - i : i)));
  }
  return bytes;
}

std::string u64(uint64_t value, bool swapped) {
  const auto low = static_cast<uint32_t>(value), high = static_cast<uint32_t>(value >> 32);
  return swapped ? u32(high, true) + u32(low, true) : u32(low) + u32(high);
}

// "ACGTNNacgt" (T=0 C=1 A=2 G=3, N as 0) and "G", written down by hand.
std::string golden(int version, bool swapped) {
  const auto n = [&](uint32_t value) { return u32(value, swapped); };
  const uint64_t wide = version == 1 ? 4 : 0;
  const uint64_t first =
      16 + 2 * (1 + 4 + wide) + 1 + 2;  // header, two entries, names "a" and "bb"
  const uint64_t second = first + 4 + 4 + 8 + 4 + 8 + 4 + 3;
  const auto offset = [&](uint64_t at) {
    return version == 1 ? u64(at, swapped) : n(static_cast<uint32_t>(at));
  };
  std::string bytes = n(0x1A412743) + n(static_cast<uint32_t>(version)) + n(2) + n(0);
  bytes += std::string("\x01") + "a" + offset(first);
  bytes += std::string("\x02") + "bb" + offset(second);
  bytes += n(10) + n(1) + n(4) + n(2) + n(1) + n(6) + n(4) + n(0);
  // ACGT 10 01 11 00, NNac 00 00 10 01, gt 11 00 and four bits of padding.
  bytes += std::string("\x9C\x09\xC0", 3);
  bytes += n(1) + n(0) + n(0) + n(0) + std::string("\xC0");
  return bytes;
}

std::string letters_of(const TwoBitFile& file, size_t record, int64_t start, int64_t end) {
  Bases bases(static_cast<size_t>(end - start));
  file.fetch(record, start, end, bases.data());
  return to_letters(bases);
}

TEST(TwoBit, WriterMakesTheGoldenBytes) {
  for (const int version : {0, 1}) {
    const ScratchFolder scratch;
    TwoBitWriter writer(scratch.path("x.2bit"), false);
    if (version == 1) {
      writer.use_version1();
    }
    writer.begin_contig("a");
    writer.append("ACGTNN", 6);
    writer.append("acgt", 4);
    writer.end_contig();
    writer.begin_contig("bb");
    writer.append("G", 1);
    writer.end_contig();
    writer.finish();
    EXPECT_EQ(bytes_of(scratch.path("x.2bit")), golden(version, false));
    EXPECT_EQ(scratch.file_count(), 1u) << "something was left beside the output";
  }
}

TEST(TwoBit, ReadsVersionsAndByteOrders) {
  const ScratchFolder scratch;
  for (const int version : {0, 1}) {
    for (const bool swapped : {false, true}) {
      const TwoBitFile file(scratch.write("x.2bit", golden(version, swapped)));
      EXPECT_EQ(file.version(), version);
      EXPECT_EQ(file.swapped(), swapped);
      ASSERT_EQ(file.records().size(), 2u);
      EXPECT_EQ(file.records()[0].name, "a");
      EXPECT_EQ(file.records()[1].name, "bb");
      EXPECT_EQ(letters_of(file, 0, 0, 10), "ACGTNNACGT");
      EXPECT_EQ(letters_of(file, 1, 0, 1), "G");
      ASSERT_EQ(file.mask_blocks(0).size(), 1u);
      EXPECT_EQ(file.mask_blocks(0)[0].start, 6);
      EXPECT_EQ(file.mask_blocks(0)[0].end, 10);
      ASSERT_EQ(file.n_blocks(0).size(), 1u);
      EXPECT_EQ(file.n_blocks(0)[0].start, 4);
      EXPECT_EQ(file.n_blocks(0)[0].end, 6);
      EXPECT_TRUE(file.n_blocks(1).empty());
    }
  }
}

TEST(TwoBit, RandomAccessEqualsTheLetters) {
  const ScratchFolder scratch;
  const std::string letters = messy_letters(3, 5003);
  TwoBitWriter writer(scratch.path("x.2bit"), false);
  writer.begin_contig("first");
  writer.append("ACG", 3);
  writer.end_contig();
  writer.begin_contig("second");
  Random random(5, Purpose::kTest);
  for (size_t at = 0; at < letters.size();) {
    const size_t piece = std::min<size_t>(letters.size() - at, random.below(200));
    writer.append(letters.data() + at, piece);
    at += piece;
  }
  writer.end_contig();
  writer.finish();

  const TwoBitFile file(scratch.path("x.2bit"));
  const std::string upper = to_letters(bases_from(letters));
  const auto size = static_cast<int64_t>(letters.size());
  EXPECT_EQ(letters_of(file, 1, 0, size), upper);
  for (int i = 0; i < 4000; ++i) {
    const int64_t start = static_cast<int64_t>(random.below(letters.size() + 1));
    const int64_t span = static_cast<int64_t>(random.below(i % 2 == 0 ? 12 : 700));
    const int64_t end = std::min(size, start + span);
    const std::string expected =
        upper.substr(static_cast<size_t>(start), static_cast<size_t>(end - start));
    ASSERT_EQ(letters_of(file, 1, start, end), expected) << start << " " << end;
    ASSERT_EQ(file.count_n(1, start, end), std::count(expected.begin(), expected.end(), 'N'));
  }
  std::string restored = upper;
  for (const Block& block : file.mask_blocks(1)) {
    for (int64_t i = block.start; i < block.end; ++i) {
      restored[static_cast<size_t>(i)] |= 0x20;
    }
  }
  EXPECT_EQ(restored, letters);
}

TEST(TwoBit, RefusesRangesOffTheContig) {
  const ScratchFolder scratch;
  const TwoBitFile file(scratch.write("x.2bit", golden(0, false)));
  Bases out(20);
  for (const auto& [start, end] : {std::pair{-1, 3}, {0, 11}, {5, 4}, {11, 12}}) {
    EXPECT_THROW(file.fetch(0, start, end, out.data()), InputError);
    EXPECT_THROW(file.count_n(0, start, end), InputError);
  }
  file.fetch(0, 10, 10, out.data());
}

// Opens the bytes and uses all that is in them, as a program would.
void use(const ScratchFolder& scratch, const std::string& bytes) {
  const TwoBitFile file(scratch.write("x.2bit", bytes));
  for (size_t i = 0; i < file.records().size(); ++i) {
    letters_of(file, i, 0, file.records()[i].length);
    file.mask_blocks(i);
    file.n_blocks(i);
  }
}

TEST(TwoBit, EveryTruncationIsRefusedByName) {
  const ScratchFolder scratch;
  for (const int version : {0, 1}) {
    const std::string whole = golden(version, false);
    for (size_t size = 0; size < whole.size(); ++size) {
      const std::string message =
          message_of<FormatError>([&] { use(scratch, whole.substr(0, size)); });
      EXPECT_TRUE(holds(message, "x.2bit")) << size;
      EXPECT_TRUE(holds(message, "truncated")) << size;
    }
  }
}

TEST(TwoBit, DamageIsRefusedWithWhatIsWrong) {
  const ScratchFolder scratch;
  const auto damaged = [&](size_t at, uint32_t value) {
    std::string bytes = golden(0, false);
    bytes.replace(at, 4, u32(value));
    return message_of<FormatError>([&] { use(scratch, bytes); });
  };
  constexpr size_t kFirst = 16 + 6 + 7;  // the record of contig "a"
  EXPECT_TRUE(holds(damaged(0, 0x12345678), "not a .2bit file"));
  EXPECT_TRUE(holds(damaged(4, 2), "version 2 is newer"));
  EXPECT_TRUE(holds(damaged(8, 1000), "1000 contigs do not fit"));
  EXPECT_TRUE(holds(damaged(8, 3), "contig 3"));
  EXPECT_TRUE(holds(damaged(18, 0xFFFFFFF0), "contig a needs bytes"));
  EXPECT_TRUE(holds(damaged(kFirst, 4000), "packed sequence of contig a"));
  EXPECT_TRUE(holds(damaged(kFirst + 4, 0xFFFFFFFF), "list of N runs of contig a"));
  EXPECT_TRUE(holds(damaged(kFirst + 8, 9), "N run 1 of contig a"));
  EXPECT_TRUE(holds(damaged(kFirst + 12, 0), "N run 1 of contig a"));
  EXPECT_TRUE(holds(damaged(kFirst + 16, 0x20000000), "list of soft-mask runs of contig a"));
  EXPECT_TRUE(holds(damaged(kFirst + 20, 7), "soft-mask run 1 of contig a"));

  std::string unprintable = golden(0, false);
  unprintable[17] = '\n';
  EXPECT_TRUE(holds(message_of<FormatError>([&] { use(scratch, unprintable); }), "does not print"));
  std::string twice = golden(0, false);
  twice.replace(23, 2, "a", 1);  // "bb" to "a": the index moves, so the count of bytes shows it
  EXPECT_THROW(use(scratch, twice), FormatError);
  std::string same = golden(0, false);
  same.replace(16, 6, std::string("\x02") + "bb" + u32(kFirst + 1).substr(0, 3));
  EXPECT_THROW(use(scratch, same), FormatError);
}

TEST(TwoBit, WriterRefusesBadNamesAndLetters) {
  const ScratchFolder scratch;
  TwoBitWriter writer(scratch.path("x.2bit"), false);
  writer.begin_contig("a");
  const std::string bad = std::string(70, 'A') + "E";
  EXPECT_TRUE(holds(message_of<InputError>([&] {
                      writer.append(bad.data(), bad.size());
                      writer.end_contig();
                    }),
                    "a:71: letter 'E'"));
  TwoBitWriter names(scratch.path("y.2bit"), false);
  EXPECT_THROW(names.begin_contig(""), InputError);
  EXPECT_THROW(names.begin_contig(std::string(256, 'x')), InputError);
  names.begin_contig(std::string(255, 'x'));
  names.end_contig();
  EXPECT_TRUE(
      holds(message_of<InputError>([&] { names.begin_contig(std::string(255, 'x'), "in.fa:9"); }),
            "in.fa:9: contig name"));
}

TEST(TwoBit, UnfinishedWritersLeaveNothing) {
  const ScratchFolder scratch;
  {
    TwoBitWriter writer(scratch.path("x.2bit"), false);
    writer.begin_contig("a");
    writer.append("ACGT", 4);
  }
  EXPECT_EQ(scratch.file_count(), 0u);
}

TEST(TwoBit, CountsWhatWasNotKept) {
  const ScratchFolder scratch;
  TwoBitWriter writer(scratch.path("x.2bit"), false);
  writer.begin_contig("a");
  const std::string letters = "ACGTNnRy-.*Uu" + std::string(60, 'a') + "-";
  writer.append(letters.data(), letters.size());
  writer.end_contig();
  EXPECT_EQ(writer.counts().n, 8);
  EXPECT_EQ(writer.counts().iupac, 2);
  EXPECT_EQ(writer.counts().gaps, 4);
  EXPECT_EQ(writer.counts().uracil, 2);
  EXPECT_EQ(writer.counts().masked, 63) << "n, y, u and the a's; gaps have no case";
  EXPECT_EQ(writer.iupac_in_contig(), 6);
  EXPECT_EQ(writer.length(), static_cast<int64_t>(letters.size()));
  writer.finish();
}

}  // namespace
}  // namespace lexome

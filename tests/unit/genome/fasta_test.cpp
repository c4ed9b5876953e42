// FASTA in all its dialects against the same letters, and each kind of file that is not one.
#include "genome/fasta.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/file.h"
#include "genome/twobit.h"
#include "genome_files.h"

namespace lexome {
namespace {

struct Record {
  std::string name, description, letters;
  bool operator==(const Record&) const = default;
};

std::vector<Record> records_of(const std::string& path, int threads = 1) {
  FastaReader reader(path, threads);
  std::vector<Record> records;
  for (Record record; reader.next(&record.name, &record.description, &record.letters);) {
    records.push_back(record);
  }
  return records;
}

std::vector<Record> events_of(const std::string& path) {
  FastaReader reader(path);
  std::vector<Record> records;
  reader.read(
      [&](std::string_view name, std::string_view description) {
        records.push_back({std::string(name), std::string(description), ""});
      },
      [&](std::string_view letters) { records.back().letters += letters; });
  return records;
}

void expect_records(const std::string& path, const std::vector<Record>& expected) {
  EXPECT_EQ(records_of(path), expected);
  EXPECT_EQ(events_of(path), expected);
}

TEST(Fasta, ReadsNamesDescriptionsAndLetters) {
  const ScratchFolder scratch;
  expect_records(scratch.write("x.fa", ">a first one \nACGT\nac\n>b\n>c\tlast\nNNR-"),
                 {{"a", "first one", "ACGTac"}, {"b", "", ""}, {"c", "last", "NNR-"}});
}

TEST(Fasta, ReadsEveryDialect) {
  const ScratchFolder scratch;
  const std::vector<Record> expected = {{"a", "", "ACGTAC"}, {"b", "", "GGN"}};
  for (const char* text : {">a\nACG\nTAC\n>b\nGGN\n", ">a\r\nACG\r\nTAC\r\n>b\r\nGGN\r\n",
                           "\n\n>a\n\nACG\n\n\nTAC\n\n>b\nGGN\n\n", ">a\nACG TAC\n>b\n  GGN\t\n",
                           "\xEF\xBB\xBF>a\nACGTAC\n>b\nGGN", "> a\nA\nC\nG\nT\nA\nC\n> b\nGGN"}) {
    expect_records(scratch.write("x.fa", text), expected);
  }
}

TEST(Fasta, BlockBordersDoNotShow) {
  const ScratchFolder scratch;
  for (const char* line_end : {"\n", "\r\n"}) {
    std::string text;
    std::vector<Record> expected;
    for (int i = 0; i < 9; ++i) {
      const std::string name = "contig" + std::to_string(i);
      const std::string letters =
          messy_letters(static_cast<uint64_t>(i), 100000 + 7777 * static_cast<size_t>(i));
      text += fasta_text(name, letters, 61, line_end);
      expected.push_back({name, "", letters});
    }
    const std::string path = scratch.write("x.fa", text);
    expect_records(path, expected);
#ifdef LEXOME_HTSLIB
    OutputFile out(scratch.path("x.fa.gz"), true);
    out.write(text);
    out.commit();
    expect_records(scratch.path("x.fa.gz"), expected);
    EXPECT_EQ(records_of(scratch.path("x.fa.gz"), 3), expected);
#endif
  }
}

TEST(Fasta, ReadsAPipeThatTrickles) {
  const std::string path = "/dev/fd/";
  FILE* pipe = ::popen(
      "printf '\\357'; sleep 0.02; printf '\\273\\277>'; sleep 0.02; printf 'a\\nAC\\nG'", "r");
  ASSERT_NE(pipe, nullptr);
  EXPECT_EQ(records_of(path + std::to_string(::fileno(pipe))),
            (std::vector<Record>{{"a", "", "ACG"}}));
  ::pclose(pipe);
}

TEST(Fasta, LineNumberNamesTheHeader) {
  const ScratchFolder scratch;
  FastaReader reader(scratch.write("x.fa", "\n>a\nAC\n\n>b\nG\n"));
  std::string name, description, letters;
  ASSERT_TRUE(reader.next(&name, &description, &letters));
  EXPECT_EQ(reader.line_number(), 2);
  ASSERT_TRUE(reader.next(&name, &description, &letters));
  EXPECT_EQ(reader.line_number(), 5);
  EXPECT_FALSE(reader.next(&name, &description, &letters));
}

std::string refusal(const ScratchFolder& scratch, std::string_view text) {
  const std::string path = scratch.write("x.fa", text);
  const std::string message = message_of<InputError>([&] { events_of(path); });
  EXPECT_TRUE(holds(message, "x.fa"));
  EXPECT_EQ(message_of<InputError>([&] { records_of(path); }), message);
  EXPECT_EQ(message.find('\n'), std::string::npos);
  return message;
}

TEST(Fasta, RefusesWhatIsNotFastaOfNucleotides) {
  const ScratchFolder scratch;
  EXPECT_TRUE(holds(refusal(scratch, ""), "empty"));
  EXPECT_TRUE(holds(refusal(scratch, "\n \n"), "empty"));
  EXPECT_TRUE(holds(refusal(scratch, "ACGT\n"), "x.fa:1: not FASTA: text before the first '>'"));
  EXPECT_TRUE(holds(refusal(scratch, "\n@r\nACGT\n+\nIIII\n"), "x.fa:2: this looks like FASTQ"));
  EXPECT_TRUE(holds(refusal(scratch, std::string_view("\x7f"
                                                      "ELF\x02\0",
                                                      6)),
                    "byte 0x7f"));
  EXPECT_TRUE(holds(refusal(scratch, std::string_view("C'A\x1A\0\0\0\0", 8)), "2bit"));
  EXPECT_TRUE(holds(refusal(scratch, ">a\nAC\n>p\nACDG\nMKWVTFISLL\n"),
                    "x.fa:5: letter 'F' in sequence 'p'"));
  EXPECT_TRUE(holds(refusal(scratch, ">a\nMKWVTFISLL\n"), "protein"));
  EXPECT_TRUE(holds(refusal(scratch, ">a\n 1 acgt\n"), "x.fa:2: letter '1'"));
  EXPECT_TRUE(holds(refusal(scratch, std::string_view(">a\nAC\0GT\n", 9)), "byte 0x00"));
  EXPECT_TRUE(holds(refusal(scratch, ">\nACGT\n"), "no name"));
  EXPECT_TRUE(holds(refusal(scratch, ">a\x1b[31m\nACGT\n"), "control characters"));
  EXPECT_TRUE(holds(refusal(scratch, ">a\rACGT\r>b\rAC\r"), "CR alone"));
  EXPECT_TRUE(holds(refusal(scratch, ">" + std::string(3 << 20, 'x')), "longer than 1 MiB"));
}

TEST(Fasta, ABadLetterFarInIsFoundOnItsLine) {
  const ScratchFolder scratch;
  std::string text = fasta_text("a", messy_letters(8, 600000), 60);
  text += "ACGTQ\n";
  EXPECT_TRUE(holds(refusal(scratch, text), "x.fa:10002: letter 'Q'"));
}

TEST(ByteSource, RefusesMissingFilesAndFolders) {
  const ScratchFolder scratch;
  EXPECT_TRUE(
      holds(message_of<IoError>([&] { ByteSource source(scratch.path("none.fa")); }), "none.fa"));
  EXPECT_TRUE(
      holds(message_of<IoError>([&] { ByteSource source(scratch.path("")); }), "directory"));
}

#ifdef LEXOME_HTSLIB
TEST(ByteSource, EveryTruncationOfGzipIsRefused) {
  const ScratchFolder scratch;
  const std::string text = fasta_text("a", messy_letters(2, 150000), 60);
  {
    OutputFile out(scratch.path("whole.gz"), false);
    out.write(text);
    out.commit();
  }
  const std::string bgzf = bytes_of(scratch.path("whole.gz"));
  ASSERT_EQ(std::system(("gzip -c < '" + scratch.write("x.txt", text) + "' > '" +
                         scratch.path("plain.gz") + "'")
                            .c_str()),
            0);
  const std::string gzip = bytes_of(scratch.path("plain.gz"));
  constexpr size_t kEndBlock = 28;  // the empty block that ends BGZF
  for (const std::string& whole : {bgzf, gzip}) {
    for (const size_t cut :
         {size_t{1}, size_t{4}, size_t{9}, kEndBlock, whole.size() / 2, whole.size() - 30}) {
      const std::string path = scratch.write("cut.gz", whole.substr(0, whole.size() - cut));
      for (const int threads : {1, 3}) {
        const std::string message = message_of<InputError>([&] { records_of(path, threads); });
        EXPECT_TRUE(holds(message, "cut.gz: truncated")) << cut << " of " << whole.size();
      }
    }
    std::string flipped = whole;
    flipped[whole.size() / 2] = static_cast<char>(flipped[whole.size() / 2] ^ 0x55);
    EXPECT_THROW(records_of(scratch.write("flipped.gz", flipped)), InputError);
  }
}

TEST(ByteSource, ReadsGzipOfSeveralMembers) {
  const ScratchFolder scratch;
  std::string zipped;
  for (const char* text : {">a\nACGT\n", "GATTACA\n>b\nTT\n"}) {
    const std::string in = scratch.write("part", text), out = scratch.path("part.zipped");
    ASSERT_EQ(std::system(("gzip -c < '" + in + "' > '" + out + "'").c_str()), 0);
    zipped += bytes_of(out);
  }
  EXPECT_EQ(records_of(scratch.write("x.gz", zipped)),
            (std::vector<Record>{{"a", "", "ACGTGATTACA"}, {"b", "", "TT"}}));
}

TEST(ByteSource, ReadsStandardInputPlainAndCompressed) {
  const ScratchFolder scratch;
  const std::string letters = messy_letters(4, 300000);
  const std::string text = fasta_text("a", letters, 60);
  scratch.write("x.fa", text);
  {
    OutputFile out(scratch.path("x.fa.gz"), false);
    out.write(text);
    out.commit();
  }
  const int saved = ::dup(STDIN_FILENO);
  for (const char* name : {"x.fa", "x.fa.gz"}) {
    FILE* pipe = ::popen(("cat '" + scratch.path(name) + "'").c_str(), "r");
    ASSERT_NE(pipe, nullptr);
    ::dup2(::fileno(pipe), STDIN_FILENO);
    EXPECT_EQ(records_of("-"), (std::vector<Record>{{"a", "", letters}})) << name;
    ::pclose(pipe);
  }
  ::dup2(saved, STDIN_FILENO);
  ::close(saved);
}
#else
TEST(ByteSource, SaysThatGzipNeedsHtslib) {
  const ScratchFolder scratch;
  const std::string path = scratch.write("x.gz", "\x1f\x8b\x08");
  EXPECT_TRUE(holds(message_of<InputError>([&] { ByteSource source(path); }), "no htslib"));
}
#endif

TEST(LineReader, TakesBothLineEndsAndLongLines) {
  const ScratchFolder scratch;
  const std::string longest(200000, 'x');
  LineReader lines(scratch.write("x.txt", "a\r\n\n" + longest + "\nlast"));
  std::vector<std::string> read;
  for (std::string_view line; lines.next(&line);) {
    read.emplace_back(line);
    EXPECT_EQ(lines.line_number(), static_cast<int64_t>(read.size()));
  }
  EXPECT_EQ(read, (std::vector<std::string>{"a", "", longest, "last"}));
  LineReader none(scratch.write("y.txt", ""));
  std::string_view line;
  EXPECT_FALSE(none.next(&line));
}

TEST(Pack, UnpacksToTheSameText) {
  const ScratchFolder scratch;
  std::string text;
  for (const size_t size : {0, 1, 63, 64, 65, 127, 128, 100000, 700001}) {
    text += fasta_text("c" + std::to_string(size), messy_letters(size, size), 60);
  }
  const std::string in = scratch.write("x.fa", text);
  const PackSummary summary = pack_fasta({in}, scratch.path("x.2bit"), false, 1);
  EXPECT_EQ(summary.contigs, 9);
  EXPECT_EQ(summary.bases, 800449);
  EXPECT_EQ(summary.iupac, 0);
  unpack_genome(scratch.path("x.2bit"), scratch.path("y.fa"), false, 60);
  EXPECT_EQ(bytes_of(scratch.path("y.fa")), text);
  unpack_genome(scratch.path("x.2bit"), scratch.path("z.fa"), false, 7);
  EXPECT_EQ(records_of(scratch.path("z.fa")), records_of(in));
}

TEST(Pack, KeepsItsPromisesAboutOutputs) {
  const ScratchFolder scratch;
  const std::string a = scratch.write("a.fa", ">a\nACGT\n"),
                    b = scratch.write("b.fa", "\n>a\nACGT\n");
  const std::string empty = scratch.write("e.fa", ">a\n>b\n");
  const std::string out = scratch.path("x.2bit");
  EXPECT_TRUE(holds(message_of<InputError>([&] {
                      pack_fasta({a, b}, out, false, 1);
                    }),
                    "b.fa:2: contig name 'a' occurs twice"));
  EXPECT_TRUE(holds(message_of<InputError>([&] { pack_fasta({empty}, out, false, 1); }),
                    "headers without any sequence"));
  EXPECT_EQ(scratch.file_count(), 3u) << "a failed pack left something behind";
  pack_fasta({a}, out, false, 1);
  EXPECT_THROW(pack_fasta({a}, out, false, 1), ConfigError);
  pack_fasta({a}, out, true, 1);
  EXPECT_THROW(unpack_genome(out, scratch.path("y.fa"), false, 0), ConfigError);
}

TEST(Pack, GapsFollowThePolicy) {
  const ScratchFolder scratch;
  const std::string in = scratch.write("a.fa", ">a\nAC--GT\n");
  const std::string out = scratch.path("x.2bit");
  const PackSummary as_n = pack_fasta({in}, out, true, 1);
  EXPECT_EQ(as_n.bases, 6);
  EXPECT_EQ(as_n.gaps, 2);
  EXPECT_EQ(as_n.n, 2);
  const PackSummary dropped = pack_fasta({in}, out, true, 1, GapPolicy::kDrop);
  EXPECT_EQ(dropped.bases, 4);
  EXPECT_EQ(dropped.gaps, 2);
  EXPECT_EQ(dropped.n, 0);
  EXPECT_TRUE(
      holds(message_of<InputError>([&] { pack_fasta({in}, out, true, 1, GapPolicy::kRefuse); }),
            "a.fa:1"));
}

}  // namespace
}  // namespace lexome

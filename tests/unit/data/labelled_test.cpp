// Labelled files as people have them, and the errors they get for files that cannot be learned
// from.
#include "data/labelled.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include "folders.h"
#include "lexome/error.h"
#include "unit/data/toy_genome.h"

namespace lexome {
namespace {

using test::ToyFolder;

std::string write(const ToyFolder& folder, const std::string& name, const std::string& text) {
  std::ofstream(folder.file(name), std::ios::binary) << text;
  return folder.file(name);
}

// The message of the InputError that reading gives.
std::string refusal(const std::string& path, const LabelledOptions& options = {}) {
  try {
    read_labelled(path, options);
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

testing::AssertionResult says(const std::string& message, const std::vector<std::string>& parts) {
  for (const std::string& part : parts) {
    if (message.find(part) == std::string::npos) {
      return testing::AssertionFailure() << "'" << part << "' is not in: " << message;
    }
  }
  return testing::AssertionSuccess();
}

TEST(Labelled, FindsColumnsWhateverTheirNamesCaseAndOrder) {
  const ToyFolder folder;
  const std::vector<std::string> files = {
      write(folder, "a.csv", "sequence,label\nACGT,1\nTTGA,0\n"),
      write(folder, "b.csv", "Label,SEQ\r\n1,acgt\r\n0,ttga\r\n"),
      write(folder, "c.tsv", "index\tlabel\ttext\n0\t1\tACGU\n1\t0\tTTGA\n"),
      write(folder, "d.csv", "\xEF\xBB\xBF\"sequence\";\"Class\"\n\"ACGT\";\"1\"\n\n\"TTGA\";0\n"),
      write(folder, "e.tsv", "##command=x\n#DNA\ttarget\nACGT\t1\nTTGA\t0"),
      write(folder, "f.tsv", "sequence\tlabel\nAC CG GT\t1\nTT TG GA\t0\n"),
  };
  for (const std::string& file : files) {
    const LabelledSet set = read_labelled(file, {});
    ASSERT_EQ(set.rows.size(), 2u) << file;
    EXPECT_EQ(to_letters(set.rows[0].bases), "ACGT") << file;
    EXPECT_EQ(to_letters(set.rows[1].bases), "TTGA") << file;
    EXPECT_EQ(set.rows[0].label, 1) << file;
    EXPECT_EQ(set.rows[1].label, 0) << file;
    EXPECT_EQ(set.classes, (std::vector<std::string>{"0", "1"})) << file;
    EXPECT_EQ(set.sha256, read_labelled(files[0], {}).sha256) << file;
  }
}

TEST(Labelled, NamedColumnsWinAndMissingOnesAreListed) {
  const ToyFolder folder;
  const std::string file =
      write(folder, "a.csv", "sequence,mutant,label,tissue\nAC,GG,1,x\nCA,TT,0,y\n");
  LabelledOptions options;
  options.sequence_column = "mutant";
  options.label_column = "Tissue";
  const LabelledSet set = read_labelled(file, options);
  EXPECT_EQ(to_letters(set.rows[1].bases), "TT");
  EXPECT_EQ(set.classes, (std::vector<std::string>{"x", "y"}));
  options.label_column = "tisue";
  EXPECT_TRUE(
      says(refusal(file, options), {"a.csv:1", "'tisue'", "did you mean 'tissue'", "mutant"}));
  const std::string bare = write(folder, "b.csv", "foo,bar\nAC,1\n");
  EXPECT_TRUE(says(refusal(bare), {"b.csv:1", "foo, bar"}));
  const std::string unlabelled = write(folder, "c.csv", "name,seq\na,AC\n");
  EXPECT_TRUE(says(refusal(unlabelled), {"labels", "name, seq"}));
  options = {};
  options.need_labels = false;
  EXPECT_EQ(read_labelled(unlabelled, options).rows[0].name, "a");
}

TEST(Labelled, QuotesHoldSeparatorsAndQuotes) {
  const ToyFolder folder;
  const std::string file =
      write(folder, "a.csv", "name,sequence,label\n\"a, \"\"b\"\"\",ACGT,x\nc,AC,\"y, z\"\n");
  const LabelledSet set = read_labelled(file, {});
  EXPECT_EQ(set.rows[0].name, "a, \"b\"");
  EXPECT_EQ(set.classes[1], "y, z");
  EXPECT_TRUE(says(refusal(write(folder, "b.csv", "sequence,label\nAC,\"x\nAC,y\n")),
                   {"b.csv:2", "quote"}));
}

TEST(Labelled, CoordinatesAreKept) {
  const ToyFolder folder;
  const std::string file = write(folder, "a.tsv",
                                 "#chrom\tstart\tend\tstrand\tsequence\tlabel\n"
                                 "chr1\t10\t14\t-\tACGT\t0\nchr2\t0\t4\t\tACGT\t1\n");
  const LabelledSet set = read_labelled(file, {});
  EXPECT_EQ(set.rows[0].where, (Interval{"chr1", 10, 14, '-'}));
  EXPECT_EQ(set.rows[1].where, (Interval{"chr2", 0, 4, '.'}));
  EXPECT_TRUE(
      says(refusal(write(folder, "b.tsv", "chrom\tstart\tend\tseq\ty\nchr1\t9\t9\tAC\t0\n")),
           {"b.tsv:2", "half-open"}));
}

TEST(Labelled, FastaLabelsStandInHeadersOrFileNames) {
  const ToyFolder folder;
  const std::vector<std::string> files = {
      write(folder, "a.fa", ">s1 label=yes\nAC\nGT\n\n>s2 label=no\nTTGA\n"),
      write(folder, "b.fa", ">s1|yes|training\nACGT\n>s2|no|training\nTTGA\n"),
      write(folder, "c.fa", ">s1 yes\nACGT\n>s2 no\nttga\n"),
  };
  for (const std::string& file : files) {
    const LabelledSet set = read_labelled(file, {});
    ASSERT_EQ(set.rows.size(), 2u) << file;
    EXPECT_EQ(to_letters(set.rows[0].bases), "ACGT") << file;
    EXPECT_EQ(set.rows[0].label, 1) << file;
    EXPECT_EQ(set.classes, (std::vector<std::string>{"no", "yes"})) << file;
  }
  const std::string yes = write(folder, "yes.fa", ">x\nACGT\n>y\nAAAA\n");
  const std::string no = write(folder, "no.txt", "CCCCCCCC\nGGGGGGGG\n");
  const LabelledSet set = read_labelled("on=" + yes + ",off=" + no, {});
  ASSERT_EQ(set.rows.size(), 4u);
  EXPECT_EQ(set.classes, (std::vector<std::string>{"off", "on"}));
  EXPECT_EQ(set.rows[0].name, "x");
  EXPECT_EQ(set.rows[3].label, 0);
  EXPECT_TRUE(says(refusal(yes), {"yes.fa:1", "'>x'", "label="}));
  EXPECT_TRUE(says(refusal("on=" + yes + "," + no), {"CLASS=FILE"}));
}

TEST(Labelled, TablesWithoutAHeaderAreToldByTheirFirstRow) {
  const ToyFolder folder;
  const std::vector<std::string> files = {
      write(folder, "a.data", "EI,   one,    ACGTACGTD\nN,  two,  ttgattga\n"),
      write(folder, "b.data", "EI,one,\t\tACGTACGTR\nN,two,\tttgattga\n"),
      write(folder, "c.tsv", "ACGTACGTN\tEI\tone\nTTGATTGA\tN\ttwo\n"),
  };
  for (const std::string& file : files) {
    const LabelledSet set = read_labelled(file, {});
    ASSERT_EQ(set.rows.size(), 2u) << file;
    EXPECT_EQ(to_letters(set.rows[0].bases), "ACGTACGTN") << file;
    EXPECT_EQ(set.classes, (std::vector<std::string>{"EI", "N"})) << file;
    EXPECT_EQ(set.rows[1].name, "two") << file;
    EXPECT_EQ(set.rows[1].line, 2) << file;
  }
  const std::string cut = write(folder, "d.data", "+,one,ACGTACGT\n-,two\n");
  EXPECT_TRUE(says(refusal(cut), {"d.data:2", "2 fields"}));
}

TEST(Labelled, FoldersHoldAFolderAClass) {
  const ToyFolder folder;
  for (const char* name : {"train/positive", "train/negative"}) {
    std::filesystem::create_directories(folder.file(name));
  }
  write(folder, "train/positive/1.txt", "AC");
  write(folder, "train/positive/2.txt", "ACGTACGTA\n");
  write(folder, "train/negative/1.txt", "TTGA");
  const LabelledSet set = read_labelled(folder.file("train"), {});
  ASSERT_EQ(set.rows.size(), 3u);
  EXPECT_EQ(set.classes, (std::vector<std::string>{"negative", "positive"}));
  EXPECT_EQ(to_letters(set.rows[0].bases), "TTGA");
  EXPECT_EQ(to_letters(set.rows[1].bases), "AC");
  write(folder, "train/stray.txt", "ACGT");
  EXPECT_TRUE(says(refusal(folder.file("train")), {"stray.txt", "CLASS/file.txt"}));
  std::filesystem::create_directories(folder.file("none"));
  EXPECT_TRUE(says(refusal(folder.file("none")), {"none", "empty"}));
}

TEST(Labelled, SelectedRowsKeepTheirClassesAndHaveAHashOfTheirOwn) {
  const ToyFolder folder;
  const LabelledSet set =
      read_labelled(write(folder, "a.csv", "sequence,label\nACGT,b\nTTGA,a\nCC,b\n"), {});
  EXPECT_EQ(select_rows(set, {0, 1, 2}).sha256, set.sha256);
  const LabelledSet part = select_rows(set, {2, 1});
  EXPECT_EQ(to_letters(part.rows[0].bases), "CC");
  EXPECT_EQ(part.classes, set.classes);
  EXPECT_NE(part.sha256, set.sha256);
}

TEST(Labelled, GzipIsReadAsItIs) {
  const ToyFolder folder;
  const std::string file = folder.file("a.csv.gz");
  gzFile out = gzopen(file.c_str(), "wb");
  gzputs(out, "sequence,label\nACGT,b\nTTGA,a\n");
  gzclose(out);
  EXPECT_EQ(read_labelled(file, {}).rows[0].label, 1);
}

TEST(Labelled, BadRowsAreRefusedWithTheirLineOrCounted) {
  const ToyFolder folder;
  const std::vector<std::pair<std::string, std::string>> bad = {
      {"AXGT,1", "position 2"}, {",1", "empty"},          {"ACGT,", "label is empty"},
      {"ACGT", "1 fields"},     {"ACGT,1,2", "3 fields"}, {"ACGT TTT,1", "overlap"},
  };
  for (const auto& [row, message] : bad) {
    const std::string file =
        write(folder, "a.csv", "sequence,label\nACGT,1\nTTGA,0\n\n" + row + "\nCCCC,1\n");
    EXPECT_TRUE(says(refusal(file), {"a.csv:5", message})) << row;
    LabelledOptions options;
    options.skip_bad = true;
    const LabelledSet set = read_labelled(file, options);
    EXPECT_EQ(set.rows.size(), 3u) << row;
    EXPECT_EQ(set.skipped, 1) << row;
    EXPECT_EQ(set.rows[2].name, "row4")
        << row;  // names follow the file, so outputs line up with it
  }
  LabelledOptions options;
  options.skip_bad = true;
  EXPECT_TRUE(says(refusal(write(folder, "b.csv", "sequence,label\nXX,1\n"), options), {"usable"}));
}

TEST(Labelled, SetsNobodyCanLearnFromAreRefused) {
  const ToyFolder folder;
  EXPECT_TRUE(says(refusal(write(folder, "a.csv", "")), {"a.csv", "empty"}));
  EXPECT_TRUE(says(refusal(write(folder, "b.csv", "sequence,label\n")), {"no rows"}));
  EXPECT_TRUE(says(refusal(write(folder, "c.csv", "sequence,label\nA,1\nC,1\n")), {"'1'", "two"}));
  EXPECT_TRUE(
      says(refusal(write(folder, "d.csv", "sequence,label\nA,0\nC,2\n")), {"gap", "0", "2"}));
  EXPECT_EQ(refusal(write(folder, "e.csv", "sequence,label\nA,-1\nC,1\n")), "accepted");
  EXPECT_EQ(refusal(write(folder, "f.csv", "sequence,label\nA,1\nC,2\n")), "accepted");
  std::string values = "sequence,label\n";
  for (int i = 0; i < 40; ++i) values += "ACGT," + std::to_string(0.37 * i) + "\n";
  EXPECT_TRUE(says(refusal(write(folder, "g.csv", values)), {"regression"}));
  LabelledOptions partial;
  partial.partial = true;
  EXPECT_EQ(refusal(folder.file("c.csv"), partial), "accepted");
  EXPECT_EQ(refusal(folder.file("d.csv"), partial), "accepted");
}

TEST(Labelled, RegressionReadsNumbers) {
  const ToyFolder folder;
  LabelledOptions options;
  options.regression = true;
  const LabelledSet set =
      read_labelled(write(folder, "a.csv", "seq,value\nA,-1.5\nC,2e3\n"), options);
  EXPECT_FLOAT_EQ(set.rows[0].value, -1.5f);
  EXPECT_FLOAT_EQ(set.rows[1].value, 2000.f);
  EXPECT_TRUE(
      says(refusal(write(folder, "b.csv", "seq,value\nA,high\n"), options), {"b.csv:2", "high"}));
  EXPECT_TRUE(says(refusal(write(folder, "c.csv", "seq,value\nA,nan\n"), options), {"c.csv:2"}));
}

TEST(Labelled, ClassesOfAnotherFileAreAlignedByName) {
  const ToyFolder folder;
  LabelledOptions partial;
  partial.partial = true;
  LabelledSet test = read_labelled(write(folder, "t.csv", "seq,y\nA,donor\nC,none\n"), partial);
  test.align_classes({"acceptor", "donor", "none"});
  EXPECT_EQ(test.rows[0].label, 1);
  EXPECT_EQ(test.rows[1].label, 2);
  EXPECT_THROW(test.align_classes({"acceptor", "donor"}), InputError);
}

LabelledSet made_set(int zeros, int ones) {
  LabelledSet set;
  set.classes = {"0", "1"};
  for (int i = 0; i < zeros + ones; ++i) {
    LabelledRow row;
    row.bases = bases_from(test::random_letters(30, static_cast<uint64_t>(i)));
    row.label = i < zeros ? 0 : 1;
    set.rows.push_back(row);
  }
  return set;
}

TEST(StratifiedSplit, KeepsClassSharesAndDependsOnTheSeedAlone) {
  const LabelledSet set = made_set(300, 100);
  const std::vector<int64_t> second = stratified_split(set, 0.1, 7);
  int zeros = 0, ones = 0;
  for (const int64_t r : second) ++(set.rows[static_cast<size_t>(r)].label == 0 ? zeros : ones);
  EXPECT_EQ(zeros, 30);
  EXPECT_EQ(ones, 10);
  EXPECT_TRUE(std::is_sorted(second.begin(), second.end()));
  EXPECT_EQ(second, stratified_split(set, 0.1, 7));
  EXPECT_NE(second, stratified_split(set, 0.1, 8));
}

TEST(StratifiedSplit, CopiesStayTogetherOnEitherStrand) {
  LabelledSet set = made_set(60, 60);
  for (size_t r = 0; r < 20; ++r) {
    LabelledRow copy = set.rows[r];
    copy.bases = r % 2 == 0 ? copy.bases : reverse_complement(copy.bases);
    set.rows.push_back(copy);
  }
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const std::vector<int64_t> second = stratified_split(set, 0.3, seed);
    const std::set<int64_t> held(second.begin(), second.end());
    for (int64_t r = 0; r < 20; ++r) EXPECT_EQ(held.count(r), held.count(120 + r)) << seed;
  }
}

TEST(StratifiedSplit, EveryClassKeepsARow) {
  const LabelledSet set = made_set(1, 2);
  EXPECT_LE(stratified_split(set, 0.9, 1).size(), 1u);
}

TEST(Labelled, ReadsThePublishedFiles) {
  const std::string data = lexome_test::data_folder();
  if (!std::filesystem::exists(data + "/gue/tf/0/train.csv.gz")) {
    GTEST_SKIP() << "no data sets in '" << data << "'; set LEXOME_DATA";
  }
  const auto counts = [&](const std::string& file) {
    const LabelledSet set = read_labelled(data + "/" + file, {});
    std::vector<int64_t> out(set.classes.size());
    for (const LabelledRow& row : set.rows) ++out[static_cast<size_t>(row.label)];
    return out;
  };
  EXPECT_EQ(counts("formats/dnabert_6mer_dev.tsv"), (std::vector<int64_t>{500, 500}));
  EXPECT_EQ(counts("fewshot/Splice-40/500/train.tsv.gz"), (std::vector<int64_t>{5000, 5000, 5000}));
  EXPECT_EQ(counts("gene_family/chimp_data.txt.gz"),
            (std::vector<int64_t>{234, 185, 144, 228, 261, 109, 521}));
  EXPECT_EQ(counts("gue/tf/0/dev.csv").size(), 2u);
  EXPECT_EQ(counts("promoters/ecoli_v9d3.csv").size(), 2u);
  const LabelledSet kmers = read_labelled(data + "/formats/dnabert_6mer_dev.tsv", {});
  for (const LabelledRow& row : kmers.rows) ASSERT_EQ(row.bases.size(), 101u);
  const LabelledSet fasta =
      read_labelled("promoter=" + data + "/promoters/cnnprom/Ecoli_prom.fa" + ",other=" + data +
                        "/promoters/cnnprom/Ecoli_non_prom.fa",
                    {});
  EXPECT_EQ(fasta.classes, (std::vector<std::string>{"other", "promoter"}));
}

}  // namespace
}  // namespace lexome

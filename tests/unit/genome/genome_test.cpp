// Genomes: opening from .2bit and FASTA, the cache, names and aliases, and specs of several
// genomes.
#include "lexome/genome.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <thread>

#include "genome/fasta.h"
#include "genome_files.h"

namespace lexome {
namespace {

class GenomeFiles : public testing::Test {
 protected:
  std::string fasta(std::string_view name, std::string_view text) {
    return scratch_.write(name, text);
  }
  Genome open(const std::string& path, bool alias = false) {
    return Genome::open(path, {alias, scratch_.path("cache")});
  }
  size_t cached() const {
    return static_cast<size_t>(
        std::distance(std::filesystem::directory_iterator(scratch_.path("cache")),
                      std::filesystem::directory_iterator()));
  }
  ScratchFolder scratch_;
};

TEST_F(GenomeFiles, FastaAndTwoBitAreTheSameGenome) {
  const std::string first = messy_letters(1, 9999), second = messy_letters(2, 130);
  const std::string text = fasta_text("one", first, 60) + fasta_text("two", second, 60);
  const std::string path = fasta("x.fa", text);
  pack_fasta({path}, scratch_.path("x.2bit"), false, 1);
  const Genome from_fasta = open(path), from_store = open(scratch_.path("x.2bit"));
  for (const Genome* genome : {&from_fasta, &from_store}) {
    ASSERT_EQ(genome->contigs().size(), 2u);
    EXPECT_EQ(genome->contigs()[1].name, "two");
    EXPECT_EQ(genome->contigs()[1].length, 130);
    EXPECT_EQ(genome->total_bases(), 10129);
    EXPECT_EQ(genome->fetch({"one", 0, 9999, '+'}), bases_from(first));
    EXPECT_EQ(genome->fetch({"two", 7, -1, '.'}), bases_from(second.substr(7)));
    EXPECT_EQ(genome->fetch({"one", 100, 777, '-'}),
              reverse_complement(bases_from(first.substr(100, 677))));
    EXPECT_EQ(genome->count_n(0, 0, 9999),
              std::count_if(first.begin(), first.end(), [](char c) { return (c & 0xDF) == 'N'; }));
    EXPECT_THROW(genome->fetch({"one", 0, 10000, '+'}), InputError);
    EXPECT_THROW(genome->fetch({"one", 20000, -1, '+'}), InputError);
  }
  EXPECT_EQ(from_fasta.path(), path);
  EXPECT_EQ(from_fasta.sha256(), from_store.sha256());
  EXPECT_EQ(from_fasta.sha256().size(), 64u);
}

TEST_F(GenomeFiles, FastaIsPackedOnceUntilItChanges) {
  const std::string path = fasta("x.fa", ">a\nACGT\n");
  open(path);
  const std::string store =
      std::filesystem::directory_iterator(scratch_.path("cache"))->path().string();
  struct stat before {
  }, after{};
  ASSERT_EQ(::stat(store.c_str(), &before), 0);
  open(path);
  ASSERT_EQ(::stat(store.c_str(), &after), 0);
  EXPECT_EQ(before.st_ino, after.st_ino) << "packed again although nothing changed";
  EXPECT_EQ(cached(), 1u);

  std::ofstream(path) << ">a\nTTTT\n";
  EXPECT_EQ(to_letters(open(path).fetch({"a", 0, 4, '+'})), "TTTT");
  EXPECT_EQ(cached(), 2u);
}

TEST_F(GenomeFiles, ADamagedCacheIsMadeAgain) {
  const std::string path = fasta("x.fa", ">a\nACGTAC\n");
  open(path);
  const std::string store =
      std::filesystem::directory_iterator(scratch_.path("cache"))->path().string();
  std::filesystem::resize_file(store, 20);
  EXPECT_EQ(to_letters(open(path).fetch({"a", 0, 6, '+'})), "ACGTAC");
}

TEST_F(GenomeFiles, BadFastaLeavesNoCache) {
  EXPECT_THROW(open(fasta("x.fa", ">a\nMKWVTFISLL\n")), InputError);
  EXPECT_EQ(cached(), 0u);
  EXPECT_THROW(open(fasta("e.fa", "")), InputError);
  EXPECT_THROW(open(scratch_.path("none.fa")), IoError);
  EXPECT_THROW(open(scratch_.path("")), IoError);
  EXPECT_THROW(open("-"), ConfigError);
  EXPECT_THROW(open(fasta("cut.2bit", std::string("\x43\x27\x41\x1A\0\0", 6))), FormatError);
}

TEST_F(GenomeFiles, NamesAreExactUnlessAliasesAreAskedFor) {
  const std::string path = fasta("x.fa", ">chr1\nACGT\n>2\nAC\n>MT\nA\n>chr10\nA\n");
  const Genome plain = open(path), alias = open(path, true);
  EXPECT_EQ(plain.find_contig("chr1"), 0);
  EXPECT_EQ(plain.find_contig("1"), -1);
  EXPECT_EQ(alias.find_contig("1"), 0);
  EXPECT_EQ(alias.find_contig("chr2"), 1);
  EXPECT_EQ(alias.find_contig("chrM"), 2);
  EXPECT_EQ(alias.find_contig("M"), 2);
  EXPECT_EQ(alias.find_contig("3"), -1);
  EXPECT_TRUE(holds(message_of<InputError>([&] { plain.contig_index("1"); }), "--alias"));
  EXPECT_TRUE(
      holds(message_of<InputError>([&] { plain.contig_index("chrl"); }), "did you mean 'chr1'"));
  EXPECT_TRUE(
      holds(message_of<InputError>([&] { plain.contig_index("scaffold_77"); }), "4 contigs"));
}

TEST_F(GenomeFiles, ManyThreadsSeeTheSame) {
  const std::string letters = messy_letters(6, 40000);
  const Genome genome = open(fasta("x.fa", fasta_text("a", letters, 60)));
  const Bases whole = bases_from(letters);
  std::vector<std::thread> threads;
  std::vector<int> wrong(4, 0);
  for (size_t t = 0; t < wrong.size(); ++t) {
    threads.emplace_back([&, t] {
      Random random(t, Purpose::kTest);
      Bases out(512);
      for (int i = 0; i < 500; ++i) {
        const auto start = static_cast<int64_t>(random.below(whole.size() - 512));
        genome.fetch(0, start, start + 512, out.data());
        wrong[t] += !std::equal(out.begin(), out.end(), whole.begin() + start);
        wrong[t] += genome.mask_blocks(0).empty();
      }
      wrong[t] += genome.sha256().size() != 64;
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(wrong, std::vector<int>(4, 0));
}

TEST_F(GenomeFiles, SetsTakeWeightsAndGroups) {
  const std::string a = fasta("a.fa", ">a\nACGT\n"), b = fasta("b,weight=2.fa", ">b\nACG\n");
  const GenomeOptions options{false, scratch_.path("cache")};
  const GenomeSet set =
      GenomeSet::open({a, a + ",weight=1/4,group=LPA", b, b + ",group=x"}, options);
  ASSERT_EQ(set.sources().size(), 4u);
  EXPECT_EQ(set.sources()[0].weight, 1.0);
  EXPECT_EQ(set.sources()[0].group, "");
  EXPECT_EQ(set.sources()[1].weight, 0.25);
  EXPECT_EQ(set.sources()[1].group, "LPA");
  EXPECT_EQ(set.sources()[2].genome.contigs()[0].name, "b");
  EXPECT_EQ(set.sources()[3].group, "x");
  EXPECT_EQ(set.total_bases(), 14);
  for (const char* bad :
       {",weight=0", ",weight=-1", ",weight=x", ",weight=1/0", ",group=", ",wieght=2"}) {
    EXPECT_THROW(GenomeSet::open({a + bad}, options), ConfigError) << bad;
  }
  EXPECT_TRUE(holds(message_of<ConfigError>([&] { GenomeSet::open({a + ",wieght=2"}, options); }),
                    "did you mean 'weight'"));
}

}  // namespace
}  // namespace lexome

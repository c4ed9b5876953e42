// The vocabularies on real sequence: yeast learned and encoded, against merging by definition.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "folders.h"
#include "genome/fasta.h"
#include "unit/vocab/bpe_reference.h"
#include "vocab/bpe_learn.h"
#include "vocab/bpe_opening.h"

namespace lexome {
namespace {

TEST(RealData, YeastIsEncodedAsTheDefinitionSays) {
  const std::string data = lexome_test::data_folder();
  const std::string path = data + "/genomes/yeast/S288C_R64-1-1.fa.gz";
  if (!std::filesystem::exists(path)) {
    GTEST_SKIP() << "no yeast genome in '" << data << "'; set LEXOME_DATA";
  }
  FastaReader reader(path);
  std::string name, description, letters;
  ASSERT_TRUE(reader.next(&name, &description, &letters));
  const Bases chromosome = bases_from(letters);
  BpeText text;
  text.add(chromosome);
  const BpeRules rules = test::rules_of(learn_bpe(std::move(text), {.pieces = 1500}));
  const BpeOpening opening(rules);
  BpeMerger merger(rules, &opening);
  std::vector<BpeSymbol> whole;
  merger.encode(chromosome, &whole);
  BpeMerger at_once(rules, nullptr, chromosome.size());
  std::vector<BpeSymbol> whole_at_once;
  at_once.encode(chromosome, &whole_at_once);
  EXPECT_EQ(whole, whole_at_once);
  for (size_t start = 0; start + 1200 < chromosome.size(); start += 9000) {
    const BasesView word = BasesView(chromosome).subspan(start, 1200);
    std::vector<BpeSymbol> symbols;
    merger.encode(word, &symbols);
    ASSERT_EQ(symbols, test::plain_encode(rules, word)) << "at " << start;
  }
}

}  // namespace
}  // namespace lexome

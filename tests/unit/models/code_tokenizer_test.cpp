// Codes as tokens: the same bit for bit however a sequence is cut, streamed or shared out among
// threads, and written in every format.
#include "models/code_tokenizer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "base/file.h"
#include "data/tokenize.h"
#include "lexome/error.h"
#include "temporary_folder.h"
#include "tensor/compat.h"
#include "unit/models/base_batches.h"

namespace lexome {
namespace {

using lexome_test::message_of;
using lexome_test::random_bases;
using lexome_test::TemporaryFolder;

std::shared_ptr<const FrozenVocabulary> vocabulary(int64_t first_level = 16) {
  VqdnaOptions options("hrq");
  options.stem = 16;
  options.width = 32;
  options.layer_scale = 0.3;
  options.sizes = {first_level, 24};
  const std::vector<Bases> rows = {random_bases(400, 1), random_bases(400, 2)};
  return std::make_shared<const FrozenVocabulary>(options, 3, rows, torch::kCPU);
}

class CodeTokens : public testing::Test {
 protected:
  void SetUp() override {
    set_compute_threads(1);
    one_ = random_bases(9001, 5);
    for (size_t i = 3000; i < 3100; ++i) one_[i] = kN;
    two_ = random_bases(2009, 6);  // one base more than a row's core
    write_text_file(folder_ / "g.fa", ">one\n" + to_letters(one_) + "\n>two\n" + to_letters(two_) +
                                          "\n>short\nACG\n>none\n");
  }
  std::string made(const std::string& format, int threads, bool genome,
                   const std::vector<std::string>& regions = {}) {
    TokenizeRequest request;
    request.format = format;
    request.out = folder_ / ("out." + format);
    request.force = true;
    request.provenance = false;
    request.threads = threads;
    request.own_lines = tokens_.core_bases();
    request.genome_options.cache_dir = folder_ / "cache";
    request.regions = regions;
    (genome ? request.genome : request.inputs.emplace_back()) = folder_ / "g.fa";
    tokenize(tokens_, request);
    return read_text_file(request.out);
  }
  TemporaryFolder folder_;
  Bases one_, two_;
  CodeTokenizer tokens_{vocabulary(), "{}", false};
};

TEST_F(CodeTokens, CutsThreadsAndRegionsChangeNothing) {
  EXPECT_EQ(tokens_.core_bases(), 2048 - 40);
  const std::string whole = made("tsv", 1, true);
  EXPECT_EQ(std::count(whole.begin(), whole.end(), '\n'), 1 + 9001 + 2009 + 3);
  EXPECT_EQ(made("tsv", 3, true), whole);
  EXPECT_EQ(made("tsv", 2, false), whole) << "streamed";
  // A region gives the lines of its bases, whichever tiles it touches.
  for (const auto& [first, last] : {std::pair{1, 9001}, {2000, 2020}, {4016, 4017}, {8999, 9001}}) {
    const std::string region = "one:" + std::to_string(first) + "-" + std::to_string(last);
    const size_t begin = whole.find("one\t" + std::to_string(first - 1) + "\t");
    const size_t end = whole.find('\n', whole.find("one\t" + std::to_string(last - 1) + "\t"));
    EXPECT_EQ(made("tsv", 1, true, {region}),
              whole.substr(0, whole.find('\n') + 1) + whole.substr(begin, end + 1 - begin));
  }
  // What encode gives for a whole sequence is what the grid gives.
  const Tokens direct = tokens_.encode_one(one_);
  size_t at = whole.find('\n') + 1;
  for (size_t i = 0; i < one_.size(); ++i) {
    const size_t end = whole.find('\n', at);
    const std::string line = whole.substr(at, end - at);
    at = end + 1;
    const std::string ids =
        "\t" + std::to_string(direct.levels[0][i]) + "\t" + std::to_string(direct.levels[1][i]);
    ASSERT_TRUE(line.ends_with(ids)) << line << " " << ids;
  }
}

TEST_F(CodeTokens, RunsAndArraysHoldTheSameCodes) {
  const Tokens direct = tokens_.encode_one(one_);
  const std::string runs = made("bed", 2, false);
  EXPECT_NE(runs.find("one\t3000\t3100\tN/N\t0\t+\n"), std::string::npos);
  // Runs follow each other without a gap, no two neighbours alike, through the tiles' borders.
  int64_t expected_start = 0;
  std::string last;
  size_t lines = 0;
  for (size_t at = 0; runs.compare(at, 4, "one\t") == 0; at = runs.find('\n', at) + 1, ++lines) {
    const size_t first = at + 4, second = runs.find('\t', first),
                 third = runs.find('\t', second + 1);
    EXPECT_EQ(std::stoll(runs.substr(first)), expected_start);
    expected_start = std::stoll(runs.substr(second + 1));
    const std::string name = runs.substr(third + 1, runs.find('\t', third + 1) - third - 1);
    EXPECT_NE(name, last);
    last = name;
  }
  EXPECT_EQ(expected_start, 9001);
  made("npy", 2, true);
  const std::string array = read_text_file(folder_ / "out.npy");
  const std::string numbers = array.substr(array.size() - (9001 + 2009 + 3) * 2 * 2);
  const auto* codes = reinterpret_cast<const uint16_t*>(numbers.data());
  for (size_t i = 0; i < one_.size(); ++i) {
    ASSERT_EQ(codes[2 * i], direct.levels[0][i]);
    ASSERT_EQ(codes[2 * i + 1], direct.levels[1][i]);
  }
  EXPECT_NE(array.find("'<u2'"), std::string::npos);
  EXPECT_EQ(
      read_text_file(folder_ / "out.rows.tsv"),
      "#name\tstart\tend\tfirst_row\none\t0\t9001\t0\ntwo\t0\t2009\t9001\nshort\t0\t3\t11010\n"
      "none\t0\t0\t11013\n");
}

TEST_F(CodeTokens, UnknownBasesAndDecoding) {
  Bases bases = random_bases(100, 9);
  bases[50] = kN;
  const Tokens tokens = tokens_.encode_one(bases);
  EXPECT_EQ(tokens.levels[0][50], 16);
  EXPECT_EQ(tokens.levels[1][50], 24);
  EXPECT_EQ(tokens_.token_text(16), "N");
  const Bases back = tokens_.decode(tokens);
  ASSERT_EQ(back.size(), bases.size());
  EXPECT_EQ(back[50], kN);
  EXPECT_TRUE(tokens_.encode_one({}).size() == 0 && tokens_.decode(tokens_.encode_one({})).empty());
}

TEST_F(CodeTokens, WhatArraysCannotHoldIsRefused) {
  TokenizeRequest request;
  request.inputs = {folder_ / "g.fa"};
  request.format = "npy";
  request.out = folder_ / "x.npy";
  request.n_policy = "skip";
  EXPECT_NE(message_of<ConfigError>([&] { tokenize(tokens_, request); }).find("--n-policy skip"),
            std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "x.npy"));
}

}  // namespace
}  // namespace lexome

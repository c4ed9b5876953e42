// Tokenizing files: no cell, region, thread count or input form changes a token, except at the
// grid's lines where the output says so; and each format holds what was encoded.
#include "data/tokenize.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/random.h"
#include "lexome/error.h"
#include "vocab/bpe_learn.h"
#include "vocab/kmer.h"
#include "vocab/nucleotide.h"

namespace lexome {
namespace {

namespace fs = std::filesystem;

struct Line {
  std::string name;
  int64_t start, end;
  std::string token;
  int32_t id;
  bool operator==(const Line&) const = default;
};

Bases repetitive_bases(size_t length, uint64_t key) {
  Random random(41, Purpose::kTest, key);
  Bases bases;
  for (int i = 0; i < 64; ++i) bases.push_back(static_cast<Base>(random.below(4)));
  while (bases.size() < length) {
    const size_t from = random.below(bases.size() - 32), piece = 1 + random.below(30);
    for (size_t i = 0; i < piece; ++i) bases.push_back(bases[from + i]);
    bases.push_back(static_cast<Base>(random.below(4)));
  }
  bases.resize(length);
  return bases;
}

class Tokenize : public testing::Test {
 protected:
  Tokenize()
      : folder_(fs::temp_directory_path() / ("lexome_tokenize_" + std::to_string(getpid()))) {
    fs::create_directories(folder_);
    contigs_ = {{"one", repetitive_bases(300'001, 1)},
                {"two", repetitive_bases(777, 2)},
                {"short", bases_from("ACG")},
                {"three", repetitive_bases(131'077, 3)}};
    std::fill(contigs_[0].second.begin() + 5000, contigs_[0].second.begin() + 5040, kN);
    contigs_[1].second[300] = kN;
    std::ofstream out(fasta());
    for (const auto& [name, bases] : contigs_) {
      out << ">" << name << " some text\n";
      const std::string letters = to_letters(bases);
      for (size_t at = 0; at < letters.size(); at += 60) out << letters.substr(at, 60) << "\n";
    }
    BpeText text;
    text.add(contigs_[0].second);
    bpe_ = make_bpe(bpe_vocabulary_from(learn_bpe(std::move(text), {.pieces = 300}), ""), "test");
  }
  ~Tokenize() override { fs::remove_all(folder_); }

  std::string fasta() const { return (folder_ / "in.fa").string(); }
  std::string file(const std::string& name) const { return (folder_ / name).string(); }

  TokenizeRequest request(const std::string& format = "tsv") const {
    TokenizeRequest request;
    request.inputs = {fasta()};
    request.out = file("out." + format);
    request.format = format;
    request.force = true;
    request.provenance = false;
    request.genome_options.cache_dir = folder_.string();
    request.command = "lexome tokenize in.fa";
    return request;
  }
  TokenizeRequest genome_request() const {
    TokenizeRequest on_genome = request();
    on_genome.inputs.clear();
    on_genome.genome = fasta();
    return on_genome;
  }
  std::string text_of(const Tokenizer& tokenizer, const TokenizeRequest& request) const {
    tokenize(tokenizer, request);
    return read_text_file(request.out);
  }
  std::vector<Line> lines_of(const Tokenizer& tokenizer, const TokenizeRequest& request) const {
    std::istringstream in(text_of(tokenizer, request));
    std::string line;
    std::getline(in, line);
    EXPECT_EQ(line, "#name\tstart\tend\tstrand\ttoken\tid");
    std::vector<Line> lines;
    while (std::getline(in, line)) {
      std::istringstream fields(line);
      Line read;
      std::string strand;
      fields >> read.name >> read.start >> read.end >> strand >> read.token >> read.id;
      EXPECT_EQ(strand, "+");
      lines.push_back(read);
    }
    return lines;
  }
  // The tokens of all contigs, each encoded in one piece of `window` bases after the other.
  std::vector<Line> expected(const Tokenizer& tokenizer, size_t window) const {
    std::vector<Line> lines;
    for (const auto& [name, bases] : contigs_) {
      for (size_t start = 0; start < bases.size(); start += window) {
        const BasesView cell =
            BasesView(bases).subspan(start, std::min(window, bases.size() - start));
        const Tokens tokens = tokenizer.encode_one(cell);
        for (size_t i = 0; i < tokens.size(); ++i) {
          const int32_t id = tokens.levels[0][i];
          lines.push_back({name, static_cast<int64_t>(start + tokens.covers[i].start),
                           static_cast<int64_t>(start + tokens.covers[i].end()),
                           tokenizer.token_text(id), id});
        }
      }
    }
    return lines;
  }

  fs::path folder_;
  std::vector<std::pair<std::string, Bases>> contigs_;
  std::shared_ptr<const Tokenizer> bpe_;
};

constexpr size_t kNoCut = size_t{1} << 40;

TEST_F(Tokenize, KmersOfLongContigsAreThoseOfTheWhole) {
  for (const KmerOptions& options :
       {KmerOptions{}, KmerOptions{.k = 5, .stride = 5, .phase = 3, .order = "ACGT"},
        KmerOptions{.k = 7, .stride = 3, .phase = 2}, KmerOptions{.k = 1}}) {
    const auto tokenizer = make_kmer(options);
    const std::vector<Line> whole = expected(*tokenizer, kNoCut);
    EXPECT_EQ(lines_of(*tokenizer, request()), whole) << tokenizer->describe();
    EXPECT_EQ(lines_of(*tokenizer, genome_request()), whole) << tokenizer->describe();
  }
}

TEST_F(Tokenize, IrregularTokensAreCutAtTheGridOnly) {
  for (const int64_t window : {1000, 100'000, 1'000'000}) {
    TokenizeRequest from_fasta = request(), from_genome = genome_request();
    from_fasta.window = from_genome.window = window;
    const std::vector<Line> lines = lines_of(*bpe_, from_fasta);
    EXPECT_EQ(lines, expected(*bpe_, static_cast<size_t>(window)));
    EXPECT_EQ(lines_of(*bpe_, from_genome), lines);
  }
}

TEST_F(Tokenize, ARegionHasTheTokensOfItsContig) {
  const auto kmers = make_kmer({.k = 5, .stride = 4, .phase = 1});
  const auto edges = make_kmer({.k = 6, .stride = 6, .phase = 2, .edges = "single"});
  for (const Tokenizer* tokenizer : {bpe_.get(), static_cast<const Tokenizer*>(kmers.get()),
                                     static_cast<const Tokenizer*>(edges.get())}) {
    TokenizeRequest all = genome_request();
    all.window = 10'000;
    const std::vector<Line> whole = lines_of(*tokenizer, all);
    Random random(3, Purpose::kTest);
    std::vector<Line> wanted;
    TokenizeRequest some = all;
    for (int r = 0; r < 40; ++r) {
      const int64_t length = r < 30 ? 300'001 : 777;
      const std::string name = r < 30 ? "one" : "two";
      const int64_t start = static_cast<int64_t>(random.below(static_cast<uint64_t>(length)));
      const int64_t end = std::min<int64_t>(
          length, start + 1 + static_cast<int64_t>(random.below(r % 3 == 0 ? 40'000 : 300)));
      some.regions.push_back(to_region({name, start, end, '.'}));
      for (const Line& line : whole) {
        if (line.name == name && line.start >= start && line.end <= end) wanted.push_back(line);
      }
    }
    EXPECT_EQ(lines_of(*tokenizer, some), wanted) << tokenizer->describe();
  }
}

TEST_F(Tokenize, RegionsComeFromBedAfterThoseNamed) {
  std::ofstream(file("r.bed")) << "two\t10\t40\ntwo\t0\t30\none\t299990\t300001\n";
  TokenizeRequest some = genome_request();
  some.regions = {"three:131,001"};
  some.bed = file("r.bed");
  const auto tokenizer = make_nucleotide();
  const std::vector<Line> lines = lines_of(*tokenizer, some);
  ASSERT_EQ(lines.size(), 77u + 30 + 30 + 11);
  EXPECT_EQ(lines[0].start, 131'000);
  EXPECT_EQ(lines[77].name, "two");
  EXPECT_EQ(lines[77].start, 10);
  EXPECT_EQ(lines[107].start, 0);
  EXPECT_EQ(lines.back().end, 300'001);
}

TEST_F(Tokenize, ThreadsChangeNothing) {
  const auto kmers = make_kmer({});
  for (const std::string format : {"tsv", "bed", "json"}) {
    for (const Tokenizer* tokenizer : {bpe_.get(), static_cast<const Tokenizer*>(kmers.get())}) {
      TokenizeRequest one = request(format);
      one.window = 20'000;
      const std::string text = text_of(*tokenizer, one);
      one.threads = 4;
      EXPECT_TRUE(text_of(*tokenizer, one) == text) << format;
    }
  }
}

TEST_F(Tokenize, WritesBed6) {
  std::ofstream(file("tiny.fa")) << ">s\nacguN\n";
  TokenizeRequest tiny = request("bed");
  tiny.inputs = {file("tiny.fa")};
  EXPECT_EQ(text_of(*make_kmer({.k = 3}), tiny),
            "s\t0\t3\tACG\t0\t+\ns\t1\t4\tCGT\t0\t+\ns\t2\t5\t[UNK]\t0\t+\n");
}

TEST_F(Tokenize, OpensTextWithItsOrigin) {
  TokenizeRequest named = genome_request();
  named.provenance = true;
  named.window = 5000;
  std::string text = text_of(*bpe_, named);
  EXPECT_EQ(text.rfind("##lexome_version=", 0), 0u);
  EXPECT_NE(text.find("\n##command=lexome tokenize in.fa\n"), std::string::npos);
  EXPECT_NE(text.find("\n##model_sha256="), std::string::npos);
  EXPECT_NE(text.find("\n##genome_sha256="), std::string::npos);
  EXPECT_NE(text.find("\n##cuts=every 5000 bases\n"), std::string::npos);
  text = text_of(*make_kmer({}), named);
  EXPECT_NE(text.find("\n##cuts=none\n"), std::string::npos);
}

TEST_F(Tokenize, WritesOneJsonObjectARow) {
  TokenizeRequest json = request("json");
  json.provenance = true;
  std::istringstream in(text_of(*bpe_, json));
  std::string line;
  std::getline(in, line);
  EXPECT_EQ(nlohmann::json::parse(line).at("command"), "lexome tokenize in.fa");
  std::vector<Line> lines;
  size_t rows = 0;
  for (; std::getline(in, line); ++rows) {
    const nlohmann::json row = nlohmann::json::parse(line);
    EXPECT_EQ(row.at("name"), contigs_[rows].first);
    EXPECT_EQ(row.at("end"), contigs_[rows].second.size());
    for (size_t i = 0; i < row.at("ids").size(); ++i) {
      const int32_t id = row.at("ids")[i];
      lines.push_back(
          {row.at("name"), row.at("starts")[i], row.at("ends")[i], bpe_->token_text(id), id});
    }
  }
  EXPECT_EQ(rows, contigs_.size());
  EXPECT_EQ(lines, expected(*bpe_, kNoCut));
}

template <class Number>
std::vector<Number> npy_numbers(const std::string& path, const std::string& shape) {
  const std::string bytes = read_text_file(path);
  EXPECT_NE(bytes.substr(0, 128).find("'shape': " + shape), std::string::npos)
      << bytes.substr(10, 118);
  std::vector<Number> numbers((bytes.size() - 128) / sizeof(Number));
  std::memcpy(numbers.data(), bytes.data() + 128, numbers.size() * sizeof(Number));
  return numbers;
}

TEST_F(Tokenize, WritesArrays) {
  TokenizeRequest arrays = request("npy");
  arrays.window = 100'000;
  const TokenizeSummary summary = tokenize(*bpe_, arrays);
  const std::vector<Line> wanted = expected(*bpe_, 100'000);
  ASSERT_EQ(summary.tokens, static_cast<int64_t>(wanted.size()));
  EXPECT_EQ(summary.rows, 4 + 1 + 1 + 2);
  const std::string n = std::to_string(wanted.size());
  const auto ids = npy_numbers<int32_t>(file("out.npy"), "(" + n + ",)");
  const auto covers = npy_numbers<uint32_t>(file("out.covers.npy"), "(" + n + ", 2)");
  std::istringstream rows(read_text_file(file("out.rows.tsv")));
  std::string line;
  std::getline(rows, line);
  EXPECT_EQ(line, "#name\tstart\tend\tstrand\tfirst_token\ttokens");
  size_t next = 0;
  while (std::getline(rows, line)) {
    std::istringstream fields(line);
    std::string name, strand;
    int64_t start, end;
    size_t first, tokens;
    fields >> name >> start >> end >> strand >> first >> tokens;
    ASSERT_EQ(first, next);
    for (size_t i = first; i < first + tokens; ++i) {
      const Line token = {name, start + covers[2 * i], start + covers[2 * i] + covers[2 * i + 1],
                          bpe_->token_text(ids[i]), ids[i]};
      ASSERT_EQ(token, wanted[i]);
    }
    next += tokens;
  }
  EXPECT_EQ(next, wanted.size());
}

TEST_F(Tokenize, LeavesOutWhatThePolicySays) {
  const auto tokenizer = make_kmer({});
  const std::vector<Line> all = lines_of(*tokenizer, request());
  TokenizeRequest other = request();
  other.n_policy = "skip";
  std::vector<Line> known;
  std::copy_if(all.begin(), all.end(), std::back_inserter(known),
               [](const Line& line) { return line.id != 1; });
  ASSERT_LT(known.size(), all.size());
  EXPECT_EQ(lines_of(*tokenizer, other), known);
  // One N in 777 bases is above a share of 0.001; forty in 131 kb are not.
  other.n_policy = "max=0.001";
  std::vector<Line> without;
  std::copy_if(all.begin(), all.end(), std::back_inserter(without),
               [](const Line& line) { return line.name != "two"; });
  EXPECT_EQ(lines_of(*tokenizer, other), without);
  EXPECT_EQ(tokenize(*tokenizer, other).left_out, 1);
  other.n_policy = "drop";
  EXPECT_THROW(tokenize(*tokenizer, other), ConfigError);
}

TEST_F(Tokenize, RefusesWhatMakesNoSenseAndLeavesNothingBehind) {
  const auto tokenizer = make_kmer({});
  const auto refused = [&](const auto& edit) {
    TokenizeRequest wrong = genome_request();
    wrong.out = file("refused.tsv");
    edit(wrong);
    try {
      tokenize(*tokenizer, wrong);
    } catch (const Error& error) {
      for (const auto& entry : fs::directory_iterator(folder_)) {
        EXPECT_EQ(entry.path().filename().string().find("refused"), std::string::npos);
      }
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_NE(refused([](TokenizeRequest& r) { r.genome = ""; }).find("nothing to tokenize"),
            std::string::npos);
  EXPECT_NE(refused([&](TokenizeRequest& r) { r.inputs = {fasta()}; }).find("choose one"),
            std::string::npos);
  EXPECT_NE(refused([&](TokenizeRequest& r) {
              r.inputs = {fasta()};
              r.genome = "";
              r.regions = {"one"};
            }).find("-g"),
            std::string::npos);
  EXPECT_NE(refused([](TokenizeRequest& r) { r.regions = {"two:700-800"}; }).find("777 bases"),
            std::string::npos);
  EXPECT_NE(refused([](TokenizeRequest& r) { r.regions = {"four"}; }).find("four"),
            std::string::npos);
  EXPECT_NE(refused([](TokenizeRequest& r) { r.format = "gff"; }).find("tsv, bed, json or npy"),
            std::string::npos);
  EXPECT_NE(refused([](TokenizeRequest& r) {
              r.format = "npy";
              r.out = "-";
            }).find("stdout"),
            std::string::npos);
  EXPECT_NE(refused([](TokenizeRequest& r) { r.window = 0; }).find("--window"), std::string::npos);
  std::ofstream(file("protein.fa")) << ">p\nACGTACGTMKLVEEF\n";
  EXPECT_NE(refused([&](TokenizeRequest& r) {
              r.genome = "";
              r.inputs = {file("protein.fa")};
            }).find("protein.fa"),
            std::string::npos);
  TokenizeRequest again = request();
  tokenize(*tokenizer, again);
  again.force = false;
  EXPECT_THROW(tokenize(*tokenizer, again), ConfigError);
}

// Tokens without ids whose edges depend on all bases near their stretch of 50, as a network's do.
class StretchTokenizer final : public Tokenizer {
 public:
  static constexpr int64_t kLines = 50, kReach = 20;
  std::string_view kind() const override { return "stretches"; }
  std::string describe() const override { return "toy"; }
  Sees sees() const override { return {kLines - 1 + kReach, kLines - 1 + kReach}; }
  bool tiles() const override { return true; }
  bool regular() const override { return false; }
  int num_levels() const override { return 0; }
  int32_t vocab_size(int) const override { return 0; }
  SpecialIds specials(int) const override { return {}; }
  Bases decode(const Tokens&) const override { return {}; }
  std::string token_text(int32_t, int) const override { return ""; }
  BasesView spelling(int32_t, int) const override { return {}; }
  std::string to_json() const override { return "{}"; }

  std::vector<Tokens> encode(std::span<const Window> windows) const override {
    std::vector<Tokens> all;
    for (const Window& window : windows) {
      std::vector<Cover> covers;
      Tokens tokens;
      tokens.columns = {{"score", {}}, {kForcedColumn, {}}};
      const auto length = static_cast<int64_t>(window.bases.size());
      for (int64_t start = 0, end = 0; start < length; start = end) {
        const int64_t first = window.locus.start;
        end = std::min(length, ((first + start) / kLines + 1) * kLines - first);
        uint64_t sum = 0;
        for (int64_t p = std::max<int64_t>(0, start - kReach); p < std::min(length, end + kReach);
             ++p)
          sum = sum * 31 + window.bases[static_cast<size_t>(p)];
        for (int64_t at = start; at < end;) {
          const int64_t next = std::min<int64_t>(
              end, at + 1 + static_cast<int64_t>((sum >> ((first + at) % 40)) % 7));
          covers.push_back({static_cast<uint32_t>(at), static_cast<uint32_t>(next - at)});
          tokens.columns[0].values.push_back(0.25f);
          tokens.columns[1].values.push_back(at == start && start > 0 ? kForcedStart : 0);
          at = next;
        }
      }
      tokens.covers = Covers::listed(std::move(covers));
      all.push_back(std::move(tokens));
    }
    return all;
  }
};

std::vector<std::string> data_lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);)
    if (line[0] != '#') lines.push_back(line);
  return lines;
}

TEST_F(Tokenize, TokensThatSeeFarAreTheSameInAnyCut) {
  const StretchTokenizer tokenizer;
  TokenizeRequest stream = request(), random_access = genome_request();
  stream.own_lines = random_access.own_lines = StretchTokenizer::kLines;
  const std::string whole = text_of(tokenizer, stream);
  EXPECT_EQ(whole.substr(0, whole.find('\n')), "#name\tstart\tend\tstrand\ttoken\tscore\tforced");
  EXPECT_TRUE(text_of(tokenizer, random_access) == whole);
  std::vector<std::string> wanted;
  Random random(5, Purpose::kTest);
  for (int r = 0; r < 12; ++r) {
    const auto start = static_cast<int64_t>(random.below(290'000));
    const int64_t end = start + 1 + static_cast<int64_t>(random.below(r % 2 == 0 ? 30'000 : 200));
    random_access.regions.push_back(to_region({"one", start, end, '.'}));
    for (const std::string& line : data_lines(whole)) {
      std::istringstream fields(line);
      std::string name;
      int64_t from = 0, to = 0;
      fields >> name >> from >> to;
      if (name == "one" && from >= start && to <= end) wanted.push_back(line);
    }
  }
  EXPECT_TRUE(data_lines(text_of(tokenizer, random_access)) == wanted);
}

TEST_F(Tokenize, TokensWithoutIdsAreCalledByTheirBases) {
  const StretchTokenizer tokenizer;
  std::ofstream(file("tiny.fa")) << ">s\nACGNACGTTG\n";
  TokenizeRequest tiny = request("bed");
  tiny.inputs = {file("tiny.fa")};
  tiny.own_lines = StretchTokenizer::kLines;
  std::istringstream in(text_of(tokenizer, tiny));
  std::string line, bases;
  std::getline(in, line);
  EXPECT_EQ(line, "track name=\"units\" itemRgb=\"On\"");
  while (std::getline(in, line)) {
    std::istringstream fields(line);
    std::string name, token, score, strand, thick_start, thick_end, colour;
    int64_t start = 0, end = 0;
    fields >> name >> start >> end >> token >> score >> strand >> thick_start >> thick_end >>
        colour;
    EXPECT_EQ(token.size(), static_cast<size_t>(end - start));
    EXPECT_EQ(score, "250");
    EXPECT_NE(colour.find(','), std::string::npos);
    bases += token;
  }
  EXPECT_EQ(bases, "ACGNACGTTG");
  tiny.n_policy = "skip";
  EXPECT_EQ(tokenize(tokenizer, tiny).left_out, 1);
  tiny.format = "npy";
  EXPECT_THROW(tokenize(tokenizer, tiny), ConfigError);
}

}  // namespace
}  // namespace lexome

// Speed of the fixed tokenizers on real sequence: S. cerevisiae from $LEXOME_DATA (default
// ../shared/data), one thread. Rates count bases by CPU time.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/log.h"
#include "genome/fasta.h"
#include "vocab/bpe_learn.h"
#include "vocab/kmer.h"
#include "vocab/nucleotide.h"

namespace lexome {
namespace {

const std::vector<Bases>& yeast() {
  static const std::vector<Bases> contigs = [] {
    log::set_verbosity(-1);
    const char* given = std::getenv("LEXOME_DATA");
    const std::string path = std::string(given != nullptr ? given : "../shared/data") +
                             "/genomes/yeast/S288C_R64-1-1.fa.gz";
    std::vector<Bases> read;
    if (!std::filesystem::exists(path)) return read;
    FastaReader reader(path);
    std::string name, description, letters;
    while (reader.next(&name, &description, &letters)) read.push_back(bases_from(letters));
    return read;
  }();
  return contigs;
}

std::vector<Window> windows_of(size_t length) {
  std::vector<Window> windows;
  for (const Bases& contig : yeast()) {
    for (size_t at = 0; at < contig.size(); at += length) {
      windows.push_back({BasesView(contig).subspan(at, std::min(length, contig.size() - at)), {}});
    }
  }
  return windows;
}

BpeLearned learn_yeast() {
  BpeText text;
  for (const Bases& contig : yeast()) {
    text.add(contig);
    text.end_word();
  }
  return learn_bpe(std::move(text), {.pieces = 4091});
}

const Tokenizer& yeast_bpe() {
  static const std::unique_ptr<Tokenizer> tokenizer =
      make_bpe(bpe_vocabulary_from(learn_yeast(), ""), "bench");
  return *tokenizer;
}

void encode(benchmark::State& state, const Tokenizer& tokenizer) {
  if (yeast().empty()) {
    state.SkipWithError("no yeast genome: set LEXOME_DATA");
    return;
  }
  const std::vector<Window> windows = windows_of(static_cast<size_t>(state.range(0)));
  constexpr size_t kTogether = 64;  // as a loader asks for them
  int64_t bases = 0, tokens = 0;
  for (auto _ : state) {
    for (size_t at = 0; at < windows.size(); at += kTogether) {
      const size_t count = std::min(kTogether, windows.size() - at);
      const auto all = tokenizer.encode(std::span(windows).subspan(at, count));
      for (size_t w = 0; w < count; ++w) {
        bases += static_cast<int64_t>(windows[at + w].bases.size());
        tokens += static_cast<int64_t>(all[w].size());
      }
    }
  }
  state.SetItemsProcessed(bases);
  state.counters["bases_per_token"] = static_cast<double>(bases) / static_cast<double>(tokens);
}

void kmer_overlapping(benchmark::State& state) { encode(state, *make_kmer({})); }
void kmer_side_by_side(benchmark::State& state) { encode(state, *make_kmer({.stride = 6})); }
void nucleotide(benchmark::State& state) { encode(state, *make_nucleotide()); }
void bpe_4096(benchmark::State& state) { encode(state, yeast_bpe()); }
BENCHMARK(kmer_overlapping)->Arg(512)->Arg(100'000)->Unit(benchmark::kMillisecond);
BENCHMARK(kmer_side_by_side)->Arg(512)->Unit(benchmark::kMillisecond);
BENCHMARK(nucleotide)->Arg(512)->Unit(benchmark::kMillisecond);
BENCHMARK(bpe_4096)->Arg(512)->Arg(2000)->Arg(2'000'000)->Unit(benchmark::kMillisecond);

void bpe_learn(benchmark::State& state) {
  if (yeast().empty()) {
    state.SkipWithError("no yeast genome: set LEXOME_DATA");
    return;
  }
  int64_t bases = 0;
  for (const Bases& contig : yeast()) bases += static_cast<int64_t>(contig.size());
  for (auto _ : state) benchmark::DoNotOptimize(learn_yeast());
  state.SetItemsProcessed(bases * state.iterations());
}
BENCHMARK(bpe_learn)->Unit(benchmark::kMillisecond);

void bpe_load(benchmark::State& state) {
  if (yeast().empty()) {
    state.SkipWithError("no yeast genome: set LEXOME_DATA");
    return;
  }
  const std::string json = yeast_bpe().to_json();
  for (auto _ : state) benchmark::DoNotOptimize(tokenizer_from_json(json, "bench"));
}
BENCHMARK(bpe_load)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace lexome

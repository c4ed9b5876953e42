// Speed of floor 1: packing FASTA text, random windows from a mapped store, unpacking. The text is
// made in the temporary folder (soft-masked runs and N as in a mammal's assembly) and removed at
// the end.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>

#include "base/file.h"
#include "base/log.h"
#include "base/random.h"
#include "genome/fasta.h"
#include "lexome/error.h"
#include "lexome/genome.h"

namespace lexome {
namespace {

constexpr int64_t kSmall = 20'000'000, kChromosome = 250'000'000;

// One contig in lines of 60: runs of 300 bases on average, half of them lower case, 2 % of them N.
void write_fasta(const std::string& path, int64_t bases) {
  constexpr size_t kLine = 60;
  OutputFile out(path, true);
  Random random(1, Purpose::kTest);
  out.write(">chr1 made for a benchmark\n");
  std::string line;
  uint64_t run = 0;
  char fold = 0;
  bool unknown = false;
  for (int64_t at = 0; at < bases; ++at) {
    if (run == 0) {
      run = 1 + random.below(600);
      fold = random.chance(0.5) ? 0x20 : 0;
      unknown = random.chance(0.02);
    }
    --run;
    const char letter = unknown ? 'N' : "ACGT"[random.next() >> 30];
    line += static_cast<char>(letter | fold);
    if (line.size() == kLine || at + 1 == bases) {
      line += '\n';
      out.write(line);
      line.clear();
    }
  }
  out.commit();
}

// The files of one run of the program, made when first asked for.
class Files {
 public:
  Files() {
    std::string name = (std::filesystem::temp_directory_path() / "lexome-bench-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
      throw IoError("cannot make a folder for the benchmark", errno);
    }
    folder_ = name;
    log::set_verbosity(-1);
  }
  ~Files() {
    std::error_code error;
    std::filesystem::remove_all(folder_, error);
  }
  std::string fasta(int64_t bases, const char* end = ".fa") {
    const std::string path = folder_ + "/" + std::to_string(bases) + end;
    if (!std::filesystem::exists(path)) {
      write_fasta(path, bases);
    }
    return path;
  }
  std::string store(int64_t bases) {
    const std::string path = folder_ + "/" + std::to_string(bases) + ".2bit";
    if (!std::filesystem::exists(path)) {
      pack_fasta({fasta(bases)}, path, true, 1);
    }
    return path;
  }
  std::string out(const char* name) const { return folder_ + "/" + name; }

 private:
  std::string folder_;
};

Files& files() {
  static Files all;
  return all;
}

// Peak resident memory since the last reset, in MB (Linux).
void reset_peak() { std::ofstream("/proc/self/clear_refs") << "5"; }
double peak_mb() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.rfind("VmHWM:", 0) == 0) {
      return std::stod(line.substr(6)) * 1024 / 1e6;
    }
  }
  return 0;
}

void pack(benchmark::State& state, const std::string& in, int64_t text_bytes) {
  const std::string out = files().out("packed.2bit");
  double peak = 0;
  for (auto _ : state) {
    reset_peak();
    benchmark::DoNotOptimize(pack_fasta({in}, out, true, static_cast<int>(state.range(1))));
    peak = std::max(peak, peak_mb());
  }
  state.SetBytesProcessed(state.iterations() * text_bytes);
  state.counters["peak_rss_MB"] = peak;
}

void Pack(benchmark::State& state) {
  const std::string in = files().fasta(state.range(0));
  pack(state, in, static_cast<int64_t>(std::filesystem::file_size(in)));
}
BENCHMARK(Pack)
    ->Args({kSmall, 1})
    ->Args({kChromosome, 1})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

void PackBgzf(benchmark::State& state) {
  const std::string plain = files().fasta(state.range(0));
  pack(state, files().fasta(state.range(0), ".fa.gz"),
       static_cast<int64_t>(std::filesystem::file_size(plain)));
}
BENCHMARK(PackBgzf)
    ->Args({kSmall, 1})
    ->Args({kSmall, 2})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

void ReadFasta(benchmark::State& state) {
  const std::string in = files().fasta(state.range(0));
  for (auto _ : state) {
    size_t letters = 0;
    FastaReader reader(in);
    reader.read([](std::string_view, std::string_view) {},
                [&](std::string_view piece) { letters += piece.size(); });
    benchmark::DoNotOptimize(letters);
  }
  state.SetBytesProcessed(state.iterations() *
                          static_cast<int64_t>(std::filesystem::file_size(in)));
}
BENCHMARK(ReadFasta)->Arg(kChromosome)->Unit(benchmark::kMillisecond)->UseRealTime();

// Windows at random places of the whole store: range(0) bases of store, range(1) bases a window.
void RandomWindows(benchmark::State& state) {
  const Genome genome = Genome::open(files().store(state.range(0)));
  const int64_t window = state.range(1), places = genome.contigs()[0].length - window + 1;
  Bases out(static_cast<size_t>(window));
  Random random(2, Purpose::kTest);
  for (auto _ : state) {
    const auto start = static_cast<int64_t>(random.below(static_cast<uint64_t>(places)));
    genome.fetch(0, start, start + window, out.data());
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations());
  state.counters["bases/s"] = benchmark::Counter(static_cast<double>(state.iterations() * window),
                                                 benchmark::Counter::kIsRate);
}
BENCHMARK(RandomWindows)
    ->Args({kSmall, 512})
    ->Args({kChromosome, 512})
    ->Args({kChromosome, 1'000'000});

void Unpack(benchmark::State& state) {
  const std::string store = files().store(state.range(0));
  const std::string out = files().out("unpacked.fa");
  for (auto _ : state) {
    unpack_genome(store, out, true, 60);
  }
  state.SetBytesProcessed(state.iterations() *
                          static_cast<int64_t>(std::filesystem::file_size(out)));
}
BENCHMARK(Unpack)->Arg(kSmall)->Unit(benchmark::kMillisecond)->UseRealTime();

void OpenStore(benchmark::State& state) {
  const std::string store = files().store(state.range(0));
  for (auto _ : state) {
    benchmark::DoNotOptimize(Genome::open(store).total_bases());
  }
}
BENCHMARK(OpenStore)->Arg(kChromosome)->Unit(benchmark::kMicrosecond);

void ReverseComplement(benchmark::State& state) {
  const Genome genome = Genome::open(files().store(kSmall));
  const Bases bases = genome.fetch({"chr1", 0, 1'000'000, '+'});
  for (auto _ : state) {
    benchmark::DoNotOptimize(reverse_complement(bases));
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(bases.size()));
}
BENCHMARK(ReverseComplement);

}  // namespace
}  // namespace lexome

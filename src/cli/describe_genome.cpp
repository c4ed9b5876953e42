// Genomes for `lexome info`: counts a contig, straight from FASTA text or from a .2bit store.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/file.h"
#include "base/text.h"
#include "base/threads.h"
#include "cli/describe.h"
#include "genome/fasta.h"
#include "lexome/bases.h"

namespace lexome::cli {
namespace {

struct Counts {
  std::string name;
  int64_t length = 0, n = 0, masked = 0, gc = 0;
  int64_t iupac = 0, gaps = 0;  // FASTA only: letters that a .2bit stores as N
};

double percent(int64_t part, int64_t whole) {
  return whole == 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

std::vector<Counts> count_fasta(const std::string& path, int threads) {
  // Letters are counted one by one and sorted into kinds once a contig.
  std::array<std::array<uint8_t, 5>, 256> kinds{};  // n, masked, gc, iupac, gap
  for (size_t c = 0; c < 256; ++c) {
    const char letter = static_cast<char>(c);
    const Base base = kBaseOfChar[c];
    const bool is_gap = letter == '-' || letter == '.' || letter == '*';
    const bool is_n = letter == 'N' || letter == 'n';
    kinds[c] = {base == kN, letter >= 'a' && letter <= 'z', base == kC || base == kG,
                base == kN && !is_n && !is_gap, base == kN && is_gap};
  }
  std::vector<Counts> contigs;
  std::array<int64_t, 256> letters{};
  const auto settle = [&] {
    if (contigs.empty()) return;
    Counts& contig = contigs.back();
    for (size_t c = 0; c < 256; ++c) {
      const int64_t count = letters[c];
      contig.length += count;
      contig.n += count * kinds[c][0];
      contig.masked += count * kinds[c][1];
      contig.gc += count * kinds[c][2];
      contig.iupac += count * kinds[c][3];
      contig.gaps += count * kinds[c][4];
    }
    letters.fill(0);
  };
  FastaReader reader(path, threads);
  reader.read(
      [&](std::string_view name, std::string_view) {
        settle();
        contigs.emplace_back().name = name;
      },
      [&](std::string_view piece) {
        for (const char c : piece) ++letters[static_cast<unsigned char>(c)];
      });
  settle();
  return contigs;
}

std::vector<Counts> count_store(const Genome& genome, int threads) {
  constexpr int64_t kChunk = 1 << 20;
  std::vector<Counts> contigs;
  for (size_t i = 0; i < genome.contigs().size(); ++i) {
    const Contig& contig = genome.contigs()[i];
    const int index = static_cast<int>(i);
    Counts& counts = contigs.emplace_back();
    counts.name = contig.name;
    counts.length = contig.length;
    for (const Block& block : genome.n_blocks(index)) counts.n += block.end - block.start;
    for (const Block& block : genome.mask_blocks(index)) counts.masked += block.end - block.start;
    const int64_t chunks = (contig.length + kChunk - 1) / kChunk;
    std::vector<int64_t> gc(static_cast<size_t>(chunks));
    parallel_for(chunks, 1, threads, [&](int64_t begin, int64_t) {
      const int64_t start = begin * kChunk, end = std::min(contig.length, start + kChunk);
      Bases bases(static_cast<size_t>(end - start));
      genome.fetch(index, start, end, bases.data());
      int64_t sum = 0;
      for (const Base base : bases) sum += base == kC || base == kG;
      gc[static_cast<size_t>(begin)] = sum;
    });
    for (const int64_t sum : gc) counts.gc += sum;
  }
  return contigs;
}

}  // namespace

std::string describe_genome(const std::string& path, const DescribeOptions& options) {
  std::string magic(4, '\0');
  ByteSource(path).read(magic.data(), 4);
  const bool is_fasta = magic[0] == '>' || magic[0] == ';' || magic[0] == '\n' || magic[0] == '\r';
  const std::vector<Counts> contigs = is_fasta ? count_fasta(path, options.threads)
                                               : count_store(Genome::open(path), options.threads);
  std::string out;
  Counts sum;
  for (const Counts& contig : contigs) {
    sum.length += contig.length;
    sum.n += contig.n;
    sum.masked += contig.masked;
    sum.gc += contig.gc;
    sum.iupac += contig.iupac;
    sum.gaps += contig.gaps;
  }
  if (options.format == "tsv") {
    for (const Counts& c : contigs) {
      out += fmt::format("{}\t{}\t{}\t{}\t{}\t{:.2f}\n", path, c.name, c.length, c.n, c.masked,
                         percent(c.gc, c.length - c.n));
    }
    return out;
  }
  const auto longest =
      std::max_element(contigs.begin(), contigs.end(),
                       [](const auto& a, const auto& b) { return a.length < b.length; });
  out = fmt::format("{}: genome ({})\n", path, is_fasta ? "FASTA" : ".2bit");
  out += fmt::format("  contigs      {}\n", with_commas(static_cast<int64_t>(contigs.size())));
  out += fmt::format("  bases        {}\n", with_commas(sum.length));
  out +=
      fmt::format("  N            {} ({:.2f} %)\n", with_commas(sum.n), percent(sum.n, sum.length));
  if (sum.iupac > 0)
    out += fmt::format("  of these     {} IUPAC letters\n", with_commas(sum.iupac));
  if (sum.gaps > 0) out += fmt::format("  of these     {} gaps\n", with_commas(sum.gaps));
  out += fmt::format("  soft-masked  {} ({:.2f} %)\n", with_commas(sum.masked),
                     percent(sum.masked, sum.length));
  out +=
      fmt::format("  GC           {:.2f} % of known bases\n", percent(sum.gc, sum.length - sum.n));
  if (longest != contigs.end()) {
    out += fmt::format("  longest      {} ({})\n", longest->name, with_commas(longest->length));
  }
  return out;
}

}  // namespace lexome::cli

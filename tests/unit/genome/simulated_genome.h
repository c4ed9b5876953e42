// One simulated genome shared by the simulator's tests: made once, read back from its files with
// the plainest code possible, so that the files themselves are what is tested.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "genome/simulator.h"
#include "temporary_folder.h"

namespace lexome_test {

struct BedLine {
  std::string contig, name;
  int64_t start = 0, end = 0;
  double score = 0;
  char strand = '.';
};

struct CsvRow {
  std::string sequence, label, contig, oracle;
  int64_t start = 0, end = 0;
  char strand = '+';
};

inline std::vector<std::string> cut(const std::string& line, char separator) {
  std::vector<std::string> cells;
  std::istringstream in(line);
  for (std::string cell; std::getline(in, cell, separator);) cells.push_back(cell);
  return cells;
}

inline std::string turned(const std::string& letters) {
  std::string out(letters.rbegin(), letters.rend());
  for (char& c : out) c = c == 'A' ? 'T' : c == 'C' ? 'G' : c == 'G' ? 'C' : 'A';
  return out;
}

struct SimulatedGenome {
  TemporaryFolder folder;
  lexome::SimulateOptions options;
  lexome::SimulateSummary summary;
  std::map<std::string, std::string> contigs;  // letters, case kept
  std::vector<BedLine> truth;

  static constexpr uint64_t kSeed = 17;

  SimulatedGenome() {
    options.size = 4'000'000;
    options.format = "fasta";
    summary = lexome::simulate(options, kSeed, folder / "sim", false, 2);
    std::ifstream fasta(folder / "sim/genome.fa");
    std::string name;
    for (std::string line; std::getline(fasta, line);)
      if (line[0] == '>')
        name = line.substr(1);
      else
        contigs[name] += line;
    std::ifstream bed(folder / "sim/truth.bed");
    for (std::string line; std::getline(bed, line);) {
      if (line[0] == '#') continue;
      const auto c = cut(line, '\t');
      truth.push_back({c[0], c[3], std::stoll(c[1]), std::stoll(c[2]), std::stod(c[4]), c[5][0]});
    }
  }

  // Upper-case letters on the mark's own strand.
  std::string letters(const std::string& contig, int64_t start, int64_t end, char strand) const {
    std::string text = contigs.at(contig).substr(start, end - start);
    for (char& c : text) c = static_cast<char>(std::toupper(c));
    return strand == '-' ? turned(text) : text;
  }
  std::string letters(const BedLine& mark) const {
    return letters(mark.contig, mark.start, mark.end, mark.strand);
  }
  std::vector<BedLine> named(const std::string& name) const {
    std::vector<BedLine> found;
    for (const BedLine& mark : truth)
      if (mark.name == name) found.push_back(mark);
    return found;
  }
  std::vector<BedLine> with_prefix(const std::string& prefix) const {
    std::vector<BedLine> found;
    for (const BedLine& mark : truth)
      if (mark.name.compare(0, prefix.size(), prefix) == 0) found.push_back(mark);
    return found;
  }
  // What stands inside `outer` on its strand, in the order of transcription.
  std::vector<BedLine> inside(const BedLine& outer, const std::string& prefix) const {
    std::vector<BedLine> found;
    for (auto it = std::lower_bound(
             truth.begin(), truth.end(), outer,
             [](const BedLine&a, const BedLine&b) { return position(a) < position(b); });
         it != truth.end() && it->contig == outer.contig && it->start < outer.end; ++it)
      if (it->name.compare(0, prefix.size(), prefix) == 0 && it->strand == outer.strand &&
          it->end <= outer.end)
        found.push_back(*it);
    if (outer.strand == '-') std::reverse(found.begin(), found.end());
    return found;
  }
  // File order: contigs by number, then start.
  static std::pair<int, int64_t> position(const BedLine& mark) {
    return {std::stoi(mark.contig.substr(3)), mark.start};
  }
  std::vector<CsvRow> rows(const std::string& task, const std::string& split) const {
    std::vector<CsvRow> found;
    std::ifstream in(folder / ("sim/tasks/" + task + "/" + split + ".csv"));
    std::string line;
    std::getline(in, line);
    EXPECT_EQ(line.rfind("sequence,label,contig,start,end,strand,oracle", 0), 0u) << line;
    while (std::getline(in, line)) {
      const auto c = cut(line, ',');
      found.push_back({c[0], c[1], c[2], c[6], std::stoll(c[3]), std::stoll(c[4]), c[5][0]});
    }
    return found;
  }
};

inline const SimulatedGenome& simulated_genome() {
  static const SimulatedGenome genome;
  return genome;
}

}  // namespace lexome_test

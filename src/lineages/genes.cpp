#include "lineages/genes.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "genome/annotation.h"
#include "lexome/error.h"

namespace lexome {
namespace {

std::string attribute(std::string_view attributes, std::string_view key) {
  for (const std::string_view field : split(attributes, ';')) {
    const std::string_view entry = trim(field);
    if (entry.size() > key.size() && entry.substr(0, key.size()) == key &&
        entry[key.size()] == '=') {
      return std::string(trim(entry.substr(key.size() + 1)));
    }
  }
  return "";
}

}  // namespace

std::vector<Gene> read_genes(const std::vector<std::string>& paths, size_t reference_length) {
  std::vector<Gene> genes;
  for (const std::string& path : paths) {
    for (const Feature& feature : read_features(path)) {
      if (feature.kind != "gene" && feature.kind != "CDS") continue;
      if (feature.where.strand == '-') continue;  // genes of the viruses read here stand on one
      Gene gene;
      for (const char* key : {"gene_name", "Name", "gene"}) {
        if (gene.name.empty()) gene.name = attribute(feature.attributes, key);
      }
      if (gene.name.empty()) continue;
      if (feature.where.end > static_cast<int64_t>(reference_length)) {
        throw InputError(fmt::format("{}:{}: {} ends at {}, but the reference has {} bases", path,
                                     feature.line, gene.name, feature.where.end, reference_length));
      }
      const Span part{static_cast<uint32_t>(feature.where.start),
                      static_cast<uint32_t>(feature.where.end)};
      const auto known = std::find_if(genes.begin(), genes.end(),
                                      [&](const Gene& one) { return one.name == gene.name; });
      if (known == genes.end()) {
        gene.parts = {part};
        genes.push_back(std::move(gene));
      } else if (feature.kind == "CDS" && part.begin + 1 >= known->parts.back().end) {
        known->parts.push_back(part);  // where the ribosome slips a base is read twice
      }
    }
  }
  return genes;
}

GenePlace gene_place(const std::vector<Gene>& genes, uint32_t position) {
  for (size_t g = 0; g < genes.size(); ++g) {
    int64_t before = 0;
    for (const Span part : genes[g].parts) {
      if (position >= part.begin && position < part.end) {
        return {static_cast<int>(g), static_cast<int>((before + position - part.begin) % 3)};
      }
      before += part.length();
    }
  }
  return {};
}

std::vector<uint32_t> codon_positions(const Gene& gene, int64_t codon) {
  std::vector<uint32_t> positions;
  for (int64_t offset = 3 * (codon - 1); offset < 3 * codon && codon >= 1; ++offset) {
    int64_t before = 0;
    for (const Span part : gene.parts) {
      if (offset < before + part.length()) {
        positions.push_back(part.begin + static_cast<uint32_t>(offset - before));
        break;
      }
      before += part.length();
    }
  }
  if (positions.size() != 3) positions.clear();
  return positions;
}

char amino_acid(Base a, Base b, Base c) {
  if (a >= kN || b >= kN || c >= kN) return 'X';
  // Codons in the order A, C, G, T of each base.
  constexpr char kCode[] = "KNKNTTTTRSRSIIMIQHQHPPPPRRRRLLLLEDEDAAAAGGGGVVVV*Y*YSSSS*CWCLFLF";
  return kCode[16 * a + 4 * b + c];
}

}  // namespace lexome

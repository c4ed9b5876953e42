// Genes of a reference and what a site means in them: codon position, amino acid. Reads GFF with
// the names that virus annotations use (gene_name=, gene=, Name=).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lineages/aligned.h"

namespace lexome {

struct Gene {
  std::string name;
  std::vector<Span> parts;  // coding, in reading order
};

struct GenePlace {
  int gene = -1;   // -1: in no gene
  int codon = -1;  // position within the codon, 0 to 2
};

// Every gene and mature protein of the files. Coding lines of one name that follow one another are
// its parts; else a name keeps its first place. InputError with the line: a gene outside the
// reference.
std::vector<Gene> read_genes(const std::vector<std::string>& paths, size_t reference_length);
// The first gene of `genes` a position lies in.
GenePlace gene_place(const std::vector<Gene>& genes, uint32_t position);

// The three positions of a codon, counted from 1; empty outside the gene.
std::vector<uint32_t> codon_positions(const Gene& gene, int64_t codon);
// One letter, '*' for a stop, 'X' when a base is not known. Standard code.
char amino_acid(Base a, Base b, Base c);

}  // namespace lexome

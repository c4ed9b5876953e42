// Turning and joining pieces of a simulated contig.
#include "genome/simulator_block.h"

#include <algorithm>

namespace lexome::sim {
namespace {

char other_strand(char strand) { return strand == '+' ? '-' : strand == '-' ? '+' : strand; }

template <class Item>
void mirror(std::vector<Item>* items, int64_t size) {
  for (Item& item : *items) {
    const int64_t start = item.start;
    item.start = size - item.end;
    item.end = size - start;
  }
  std::reverse(items->begin(), items->end());
}

template <class Item>
void move_behind(std::vector<Item>* to, std::vector<Item>* from, int64_t offset) {
  for (Item& item : *from) {
    item.start += offset;
    item.end += offset;
    to->push_back(std::move(item));
  }
}

}  // namespace

void Piece::put(const Pwm& motif, Random* random, const std::string& name, char strand) {
  const size_t start = bases.size();
  motif.sample(random, &bases);
  const double score = motif.bits(BasesView(bases).subspan(start));
  if (strand == '-') {
    const Bases turned = reverse_complement(BasesView(bases).subspan(start));
    std::copy(turned.begin(), turned.end(), bases.begin() + static_cast<std::ptrdiff_t>(start));
  }
  mark(name, static_cast<int64_t>(start), size(), score, strand);
}

void Piece::turn() {
  bases = reverse_complement(bases);
  mirror(&marks, size());
  mirror(&candidates, size());
  mirror(&masked, size());
  mirror(&functional, size());
  for (Mark& mark : marks) mark.strand = other_strand(mark.strand);
  for (Candidate& candidate : candidates) candidate.strand = other_strand(candidate.strand);
}

void Piece::append(Piece&& other) {
  const int64_t offset = size();
  bases.insert(bases.end(), other.bases.begin(), other.bases.end());
  move_behind(&marks, &other.marks, offset);
  move_behind(&candidates, &other.candidates, offset);
  move_behind(&masked, &other.masked, offset);
  move_behind(&functional, &other.functional, offset);
}

}  // namespace lexome::sim

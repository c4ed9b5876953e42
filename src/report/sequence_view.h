// A stretch of sequence as SVG, with units drawn over its bases and annotation below, with no
// script.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace lexome {

struct SequencePart {
  int64_t start = 0, end = 0;  // on the contig, half open
};

struct SequenceTrack {
  std::string name;
  std::vector<SequencePart> parts;  // ascending
};

// Lines of 100 bases. `letters` stand at `start` of the contig. Units are outlined boxes over the
// bases, as dark as they are long; annotation is bars below, and a track without parts in a line is
// left out there. Parts may reach beyond the stretch. `label` is what a screen reader says.
std::string svg_sequence(const std::string& label, const std::string& letters, int64_t start,
                         const std::vector<SequenceTrack>& units,
                         const std::vector<SequenceTrack>& annotation);

}  // namespace lexome

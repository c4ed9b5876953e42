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

// From one place to another, as a line below the units.
struct SequenceLink {
  double from = 0, to = 0;  // on the contig; the middle of its first base is 0.5
  double weight = 0;        // 0 to 1: how dark it is
  size_t kind = 0;          // its colour
  std::string title;
};

struct SequenceTrack {
  std::string name;
  std::vector<SequencePart> parts;  // ascending
  std::string links_name;
  std::vector<SequenceLink> links;
};

// Lines of 100 bases. `letters` stand at `start` of the contig. Units are outlined boxes over the
// bases, as dark as they are long, links stand below them; annotation is bars below, and a track
// without parts in a line is left out there. Parts may reach beyond the stretch; a link stands on
// the line that it starts on. `label` is what a screen reader says.
std::string svg_sequence(const std::string& label, const std::string& letters, int64_t start,
                         const std::vector<SequenceTrack>& units,
                         const std::vector<SequenceTrack>& annotation);

}  // namespace lexome

// The alphabet: letters to bases and back, and the complement strand. The table decides what a byte
// means everywhere in lexome; nothing else knows letters.
#include "genome/alphabet.h"

#include <fmt/format.h>

#include <algorithm>

#include "lexome/bases.h"
#include "lexome/error.h"

namespace lexome {

// Rows of 16 from 0x00: white space 0x09-0x0d and 0x20; gaps '*' 0x2a, '-' 0x2d, '.' 0x2e; upper
// case from 0x41, lower case from 0x61.
// clang-format off
const uint8_t kBaseOfChar[256] = {
    255, 255, 255, 255, 255, 255, 255, 255, 255, 5, 5, 5, 5, 5, 255, 255,
    255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
    5, 255, 255, 255, 255, 255, 255, 255, 255, 255, 4, 255, 255, 4, 4, 255,
    255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
    255, 0, 4, 1, 4, 255, 255, 2, 4, 255, 255, 4, 255, 4, 4, 255,
    255, 255, 4, 4, 3, 3, 4, 4, 255, 4, 255, 255, 255, 255, 255, 255,
    255, 0, 4, 1, 4, 255, 255, 2, 4, 255, 255, 4, 255, 4, 4, 255,
    255, 255, 4, 4, 3, 3, 4, 4, 255, 4, 255, 255, 255, 255, 255, 255,
    255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
    255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
    255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
    255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
    255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
    255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
    255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
    255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
};
// clang-format on

Bases bases_from(std::string_view letters, std::string_view where) {
  Bases bases;
  bases.reserve(letters.size());
  for (size_t i = 0; i < letters.size(); ++i) {
    const uint8_t value = kBaseOfChar[static_cast<uint8_t>(letters[i])];
    if (value <= kN) {
      bases.push_back(value);
    } else if (value != kSpaceChar) {
      throw InputError(fmt::format("{}: {} at position {} is not a nucleotide code{}", where,
                                   quoted_letter(letters[i]), i + 1, letter_hint(letters[i])));
    }
  }
  return bases;
}

std::string to_letters(BasesView bases) {
  std::string letters(bases.size(), 'N');
  for (size_t i = 0; i < bases.size(); ++i) {
    letters[i] = kBaseLetters[bases[i] < 4 ? bases[i] : 4];
  }
  return letters;
}

Bases reverse_complement(BasesView bases) {
  Bases reversed(bases.size());
  const size_t count = bases.size();
  for (size_t i = 0; i < count; ++i) {
    reversed[i] = complement(bases[count - 1 - i]);
  }
  return reversed;
}

std::string quoted_letter(char letter) {
  const auto byte = static_cast<uint8_t>(letter);
  return byte > 0x20 && byte < 0x7f ? fmt::format("letter '{}'", letter)
                                    : fmt::format("byte 0x{:02x}", byte);
}

bool is_printable_name(std::string_view name) {
  return std::all_of(name.begin(), name.end(), [](char letter) {
    const auto byte = static_cast<uint8_t>(letter);
    return byte >= 0x20 && byte != 0x7f;
  });
}

std::string letter_hint(char letter) {
  constexpr std::string_view kAminoOnly = "EFILPQZJXOefilpqzjxo";
  if (kAminoOnly.find(letter) != std::string_view::npos) {
    return "; this looks like protein, and lexome reads DNA and RNA";
  }
  if (letter >= '0' && letter <= '9') {
    return "; a GenBank or alignment file? lexome reads FASTA";
  }
  const auto byte = static_cast<uint8_t>(letter);
  if (byte < 0x20 || byte >= 0x7f) {
    return "; this is not a text file of sequences";
  }
  return "";
}

}  // namespace lexome

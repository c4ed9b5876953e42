// The alphabet of lexome: one byte a base, A=0 C=1 G=2 T=3, and N=4 for everything unknown.
// U is read as T; lower case is folded (the soft mask is kept beside the bases, not in them).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lexome {

using Base = uint8_t;
inline constexpr Base kA = 0, kC = 1, kG = 2, kT = 3, kN = 4;
using Bases = std::vector<Base>;
using BasesView = std::span<const Base>;

inline constexpr char kBaseLetters[] = "ACGTN";
inline constexpr Base complement(Base base) { return base < 4 ? static_cast<Base>(3 - base) : kN; }

// Letters to bases. IUPAC letters other than ACGTU and gaps (-, ., *) become N. A letter that no
// nucleotide code uses (E, F, I, J, L, O, P, Q, X, Z, digits, ...) throws InputError that names
// `where` and the 1-based position.
Bases bases_from(std::string_view letters, std::string_view where = "sequence");
std::string to_letters(BasesView bases);
Bases reverse_complement(BasesView bases);

// What one input byte means: 0-3 a base, 4 an IUPAC letter or gap that reads as N (N itself too),
// 5 white space to skip, 255 not a nucleotide.
extern const uint8_t kBaseOfChar[256];

}  // namespace lexome

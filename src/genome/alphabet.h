// How the readers of this floor speak about letters: the codes of kBaseOfChar by name, and the
// words for a letter that is none. The table itself is public (lexome/bases.h).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lexome {

inline constexpr uint8_t kSpaceChar = 5;  // kBaseOfChar of white space

// "letter 'E'", or "byte 0x00" when it does not print.
std::string quoted_letter(char letter);
// Names of contigs stand in tables and messages, so a control character in one means damage.
bool is_printable_name(std::string_view name);
// Why a letter may have got into a sequence ("; this looks like protein, ..."), or "".
std::string letter_hint(char letter);

}  // namespace lexome

// Small text work everything shares: numbers with units, near names, splitting, hashes.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lexome {

// "12", "1.5k", "3M", "2G" as powers of 1000. `what` names the value in the ConfigError.
int64_t parse_size(std::string_view text, std::string_view what);
// "512MiB", "2GiB", "1024" as bytes; powers of 1024.
int64_t parse_memory(std::string_view text, std::string_view what);
bool parse_int(std::string_view text, int64_t* out);
bool parse_double(std::string_view text, double* out);

// The closest known name within a sensible edit distance, or "". For "did you mean" hints.
std::string nearest_name(std::string_view name, std::span<const std::string> known);

std::vector<std::string_view> split(std::string_view text, char separator);
std::string_view trim(std::string_view text);
std::string with_commas(int64_t number);  // 12,157,105
std::string human_bytes(int64_t bytes);   // "1.5 GiB"
std::string format_number(double value);  // shortest text that reads back to the same double

// SHA-256 as 64 hex digits.
class Sha256 {
 public:
  Sha256();
  void update(std::span<const std::byte> bytes);
  void update(std::string_view text);
  std::string hex();  // finishes

 private:
  void block(const unsigned char* data);
  uint32_t state_[8];
  unsigned char buffer_[64];
  uint64_t length_ = 0;
};
namespace detail {
// One 64-byte block in portable code: what CPUs without SHA instructions run.
void sha256_block_plain(uint32_t* state, const unsigned char* data);
}  // namespace detail
std::string sha256_of(std::string_view text);
std::string sha256_of_file(const std::string& path);

}  // namespace lexome

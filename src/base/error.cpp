// Error kinds: constructors that settle the message, and the out-of-line destructors that give each
// kind its one home.
#include "lexome/error.h"

#include <string>
#include <system_error>

namespace lexome {
namespace {

// Names that come out of a user's file may hold line breaks or a terminal's commands: a message is
// one line that shows them as \x0a.
std::string one_line(const std::string& message) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string line;
  line.reserve(message.size());
  for (const char c : message) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7f) {
      line += c;
    } else {
      line += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return line;
}

}  // namespace

Error::Error(ErrorKind kind, const std::string& message)
    : std::runtime_error(one_line(message)), kind_(kind) {}
Error::~Error() = default;

InputError::InputError(const std::string& message) : Error(ErrorKind::kInput, message) {}
InputError::~InputError() = default;

IoError::IoError(const std::string& message) : Error(ErrorKind::kIo, message) {}
IoError::IoError(const std::string& message, int errno_value)
    : Error(ErrorKind::kIo, message + ": " + std::generic_category().message(errno_value)) {}
IoError::~IoError() = default;

FormatError::FormatError(const std::string& message) : Error(ErrorKind::kFormat, message) {}
FormatError::~FormatError() = default;

ConfigError::ConfigError(const std::string& message) : Error(ErrorKind::kConfig, message) {}
ConfigError::~ConfigError() = default;

InternalError::InternalError(const std::string& message)
    : Error(ErrorKind::kInternal,
            "internal error: " + message + " (this is a bug in lexome; please report it)") {}
InternalError::~InternalError() = default;

Interrupted::Interrupted(int signal, const std::string& message)
    : std::runtime_error(message), signal_(signal) {}
Interrupted::~Interrupted() = default;

}  // namespace lexome

// Error kinds: constructors that settle the message, and the out-of-line destructors that give each
// kind its one home.
#include "lexome/error.h"

#include <system_error>

namespace lexome {

Error::Error(ErrorKind kind, const std::string& message)
    : std::runtime_error(message), kind_(kind) {}
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

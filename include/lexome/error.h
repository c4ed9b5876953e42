// The kinds of failure lexome reports. Every error says what, where and how to mend it in one line;
// the library throws them, and only the program's `main` turns them into exit codes.
#pragma once

#include <stdexcept>
#include <string>

namespace lexome {

enum class ErrorKind { kInput, kIo, kFormat, kConfig, kInternal };

// Base of all errors. `what()` is the whole one-line message. Out-of-line destructors give each
// kind one home for its type information, so that a kind crosses shared-library borders intact.
class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message);
  ~Error() override;
  ErrorKind kind() const noexcept { return kind_; }

 private:
  ErrorKind kind_;
};

// The user's file or record is wrong (exit code 1).
class InputError : public Error {
 public:
  explicit InputError(const std::string& message);
  ~InputError() override;
};

// The system refused: path and system reason (exit code 1).
class IoError : public Error {
 public:
  explicit IoError(const std::string& message);
  // Appends the reason of `errno_value`, e.g. "cannot open x.fa: No such file or directory".
  IoError(const std::string& message, int errno_value);
  ~IoError() override;
};

// One of lexome's own files is damaged, of another kind or too new (exit code 1).
class FormatError : public Error {
 public:
  explicit FormatError(const std::string& message);
  ~FormatError() override;
};

// An option or recipe key is wrong: which one, which value, which range (exit code 2).
class ConfigError : public Error {
 public:
  explicit ConfigError(const std::string& message);
  ~ConfigError() override;
};

// A bug in lexome (exit code 1; the message asks for a report).
class InternalError : public Error {
 public:
  explicit InternalError(const std::string& message);
  ~InternalError() override;
};

// A run stopped by a signal after it saved its state. Not an error; `main` exits with 128 + signal.
class Interrupted : public std::runtime_error {
 public:
  Interrupted(int signal, const std::string& message);
  ~Interrupted() override;
  int signal() const noexcept { return signal_; }

 private:
  int signal_;
};

}  // namespace lexome

// Talk on stderr: one line a message, "[lexome] ...", coloured only on a terminal.
// Library code logs only through here; data never goes through here.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace lexome::log {

void set_verbosity(int level);  // -1 errors and warnings only (-q), 0 normal, 1 debug (-v)
void write_info(std::string_view message);
void write_warning(std::string_view message);
void write_debug(std::string_view message);
void write_error(std::string_view message);  // for `main`; libraries throw instead
// A line that later output replaces (a progress bar); "" takes it away. Only on a terminal.
void write_status(std::string_view line);
bool terminal();  // is stderr one?
// The same text is said once in the life of the process.
void write_warning_once(std::string_view message);

template <class... Args>
void info(fmt::format_string<Args...> format, Args&&... args) {
  write_info(fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void warn(fmt::format_string<Args...> format, Args&&... args) {
  write_warning(fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void warn_once(fmt::format_string<Args...> format, Args&&... args) {
  write_warning_once(fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void debug(fmt::format_string<Args...> format, Args&&... args) {
  write_debug(fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace lexome::log

// NumPy's .npy format (version 1.0), written as a stream: the number of rows is not known until the
// end, so the header keeps room for it and is rewritten on commit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/file.h"

namespace lexome {

class NpyWriter {
 public:
  // An array [rows, row_shape...] in C order. `type` is NumPy's name: "<f4", "<i4", "|u1"; its last
  // digit is the size of a number. Plain files only, as the header is written twice.
  NpyWriter(const std::string& path, const std::string& type, std::vector<int64_t> row_shape,
            bool force);
  void write(std::span<const std::byte> rows);  // whole rows or parts of them
  template <class Number>
  void write(std::span<const Number> numbers) {
    write(std::as_bytes(numbers));
  }
  int64_t rows() const { return bytes_ / row_bytes_; }
  void commit();  // InternalError when the last row is not whole

 private:
  std::string header() const;
  OutputFile out_;
  std::string type_;
  std::vector<int64_t> row_shape_;
  int64_t row_bytes_ = 0, bytes_ = 0;
};

}  // namespace lexome

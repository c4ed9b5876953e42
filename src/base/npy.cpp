#include "base/npy.h"

#include <fmt/format.h>

#include "lexome/error.h"

namespace lexome {
namespace {

constexpr size_t kHeaderBytes = 128;  // a multiple of 64, as NumPy aligns its data

}  // namespace

NpyWriter::NpyWriter(const std::string& path, const std::string& type,
                     std::vector<int64_t> row_shape, bool force)
    : out_(path, force), type_(type), row_shape_(std::move(row_shape)) {
  row_bytes_ = type_.back() - '0';
  for (const int64_t extent : row_shape_) row_bytes_ *= extent;
  if (path == "-" || row_bytes_ <= 0) {
    throw InternalError("an .npy array needs a plain file and rows of at least one byte");
  }
  out_.write(header());
}

std::string NpyWriter::header() const {
  std::string shape = fmt::format("({}", rows());
  for (const int64_t extent : row_shape_) shape += fmt::format(", {}", extent);
  shape += row_shape_.empty() ? ",)" : ")";
  std::string text = "\x93NUMPY";
  text += '\x01';
  text += '\0';
  text += static_cast<char>(kHeaderBytes - 10);
  text += '\0';
  text += fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': {}, }}", type_, shape);
  if (text.size() >= kHeaderBytes) {
    throw InternalError("an .npy array with a header of more than 128 bytes");
  }
  text.resize(kHeaderBytes - 1, ' ');
  return text + '\n';
}

void NpyWriter::write(std::span<const std::byte> rows) {
  out_.write(rows);
  bytes_ += static_cast<int64_t>(rows.size());
}

void NpyWriter::commit() {
  if (bytes_ % row_bytes_ != 0) throw InternalError("an .npy array ends within a row");
  const std::string text = header();
  out_.write_at(0, std::as_bytes(std::span(text)));
  out_.commit();
}

}  // namespace lexome

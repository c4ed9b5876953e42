// safetensors: round trips, and every way a file can lie about itself.
#include "base/safetensors.h"

#include <gtest/gtest.h>

#include <cstring>

#include "lexome/error.h"
#include "temporary_folder.h"

namespace lexome {
namespace {

using lexome_test::message_of;
using lexome_test::slurp;
using lexome_test::spill;
using lexome_test::TemporaryFolder;

std::string file_of(const std::string& header, const std::string& data) {
  std::string text;
  for (size_t i = 0; i < 8; ++i) text += static_cast<char>(header.size() >> (8 * i) & 0xff);
  return text + header + data;
}

std::string refusal(const std::string& text) {
  std::map<std::string, TensorView> tensors;
  std::map<std::string, std::string> metadata;
  return message_of<FormatError>([&] {
    parse_safetensors(std::as_bytes(std::span(text.data(), text.size())), "x", &tensors, &metadata);
  });
}

std::string entry(const std::string& name, const std::string& dtype, const std::string& shape,
                  const std::string& offsets) {
  return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape +
         ",\"data_offsets\":" + offsets + "}";
}

TEST(Safetensors, RoundTrip) {
  const TemporaryFolder folder;
  const std::vector<float> weights = {1.5f, -2.0f, 3.25f};
  const std::vector<int64_t> ids = {1, -1};
  const std::vector<uint8_t> flags = {1, 0, 1};
  const auto bytes = [](const auto& v) { return std::as_bytes(std::span(v)); };
  const std::map<std::string, TensorView> tensors = {
      {"a.flags", {Dtype::kBool, {3}, bytes(flags)}},
      {"b.weights", {Dtype::kF32, {1, 3}, bytes(weights)}},
      {"c.ids", {Dtype::kI64, {2}, bytes(ids)}},
      {"d.empty", {Dtype::kF32, {0, 4}, {}}},
      {"e.scalar", {Dtype::kF32, {}, bytes(weights).first(4)}}};
  write_safetensors(folder / "a", tensors, {{"format", "pt"}, {"note", "n\"1"}});
  const SafetensorsFile file(folder / "a");
  ASSERT_EQ(file.tensors().size(), tensors.size());
  EXPECT_EQ(file.metadata().at("note"), "n\"1");
  for (const auto& [name, view] : tensors) {
    const TensorView& back = file.at(name);
    EXPECT_EQ(back.dtype, view.dtype);
    EXPECT_EQ(back.shape, view.shape);
    ASSERT_EQ(back.bytes.size(), view.bytes.size());
    EXPECT_TRUE(std::equal(back.bytes.begin(), back.bytes.end(), view.bytes.begin()));
    EXPECT_EQ(reinterpret_cast<uintptr_t>(back.bytes.data()) % dtype_size(back.dtype), 0u) << name;
  }
  EXPECT_EQ(file.at("e.scalar").count(), 1);
  EXPECT_THROW(file.at("none"), FormatError);
  write_safetensors(folder / "b", tensors, {{"note", "n\"1"}, {"format", "pt"}});
  EXPECT_EQ(slurp(folder / "a"), slurp(folder / "b"));
}

TEST(Safetensors, TruncatedAnywhere) {
  const TemporaryFolder folder;
  const std::vector<float> weights(10, 1.0f);
  write_safetensors(folder / "a", {{"w", {Dtype::kF32, {10}, std::as_bytes(std::span(weights))}}},
                    {});
  const std::string whole = slurp(folder / "a");
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(refusal(whole.substr(0, size)).empty()) << size;
  }
  spill(folder / "cut", whole.substr(0, whole.size() - 1));
  EXPECT_NE(message_of<FormatError>([&] { SafetensorsFile(folder / "cut"); }).find("truncated"),
            std::string::npos);
}

TEST(Safetensors, LyingHeaders) {
  const std::string eight(8, 'x');
  EXPECT_NE(refusal(file_of("{" + entry("a", "F32", "[1]", "[0,4]") + "," +
                                entry("b", "F32", "[1]", "[2,6]") + "}",
                            std::string(6, 'x')))
                .find("overlap"),
            std::string::npos);
  EXPECT_NE(refusal(file_of("{" + entry("a", "F32", "[1]", "[4,8]") + "}", eight)).find("hole"),
            std::string::npos);
  EXPECT_NE(refusal(file_of("{" + entry("a", "F32", "[1]", "[0,4]") + "}", eight)).find("follow"),
            std::string::npos);
  EXPECT_NE(refusal(file_of("{" + entry("a", "F99", "[1]", "[0,8]") + "}", eight)).find("F99"),
            std::string::npos);
  EXPECT_NE(refusal(file_of("{" + entry("a", "F32", "[3]", "[0,8]") + "}", eight)).find("disagree"),
            std::string::npos);
  EXPECT_NE(
      refusal(file_of("{" + entry("a", "F32", "[4611686018427387904,4,0]", "[0,0]") + "}", ""))
          .find("overflow"),
      std::string::npos);
  EXPECT_NE(refusal(file_of("{" + entry("a", "F32", "[1]", "[0,4]") + "," +
                                entry("a", "F32", "[1]", "[4,8]") + "}",
                            eight))
                .find("twice"),
            std::string::npos);
  for (const char* header :
       {"", "[]", "{", "null", "{\"a\":1}", "{\"a\":{}}", "{\"__metadata__\":3}",
        "{\"__metadata__\":{\"k\":1}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,8]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1.5],\"data_offsets\":[0,8]}}",
        "{\"a\":{\"dtype\":1,\"shape\":[2],\"data_offsets\":[0,8]}}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,9999999999999999999]}}",
        "\xff\xfe"}) {
    EXPECT_FALSE(refusal(file_of(header, eight)).empty()) << header;
  }
  std::string huge = file_of("{}", "");
  huge[6] = 1;
  EXPECT_NE(refusal(huge).find("100 MB"), std::string::npos);
}

TEST(Safetensors, WriterChecksItsTensors) {
  const TemporaryFolder folder;
  EXPECT_THROW(write_safetensors(folder / "a", {{"w", {Dtype::kF32, {10}, {}}}}, {}),
               InternalError);
  EXPECT_EQ(folder.entries(), 0u);
}

}  // namespace
}  // namespace lexome

// State dicts written by hand in the older form, so that every instruction is known; the forms that
// PyTorch writes today come from PyTorch itself where it is installed.
#include "base/torch_file.h"

#include <gtest/gtest.h>

#include <cstring>

#include "lexome/error.h"
#include "python_oracle.h"
#include "temporary_folder.h"
#include "torch_state.h"

namespace lexome {
namespace {

using lexome_test::message_of;
using lexome_test::TemporaryFolder;
using namespace lexome_test::torch_state;

struct Parsed {
  std::vector<char> file;  // what the tensors look into
  std::map<std::string, TensorView> tensors;
  std::deque<std::vector<std::byte>> gathered;
  std::vector<float> values(const std::string& name) const {
    const TensorView& view = tensors.at(name);
    std::vector<float> out(view.bytes.size() / 4);
    if (!out.empty()) std::memcpy(out.data(), view.bytes.data(), view.bytes.size());
    return out;
  }
};

Parsed parse(const std::string& file) {
  Parsed parsed;
  parsed.file.assign(file.begin(), file.end());
  parse_torch_file(std::as_bytes(std::span(parsed.file)), "x.bin", &parsed.tensors,
                   &parsed.gathered);
  return parsed;
}
std::string refusal(const std::string& file) {
  return message_of<FormatError>([&] { parse(file); });
}

TEST(TorchFile, ReadsViewsOfAStorage) {
  const std::string file =
      legacy(dict(text("whole") + tensor("s", 6, 0, {2, 3}, {3, 1}) + text("turned") +
                  tensor("s", 6, 0, {3, 2}, {1, 3}) + text("part") + tensor("s", 6, 4, {2}, {1}) +
                  text("one") + tensor("s", 6, 5, {}, {}) + text("none") +
                  tensor("s", 6, 0, {0, 3}, {3, 1})),
             6);
  const Parsed parsed = parse(file);
  EXPECT_EQ(parsed.values("whole"), (std::vector<float>{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(parsed.values("turned"), (std::vector<float>{0, 3, 1, 4, 2, 5}));
  EXPECT_EQ(parsed.values("part"), (std::vector<float>{4, 5}));
  EXPECT_EQ(parsed.values("one"), (std::vector<float>{5}));
  EXPECT_TRUE(parsed.values("none").empty());
  EXPECT_EQ(parsed.tensors.at("turned").shape, (std::vector<int64_t>{3, 2}));
  EXPECT_EQ(parsed.gathered.size(), 1u) << "only what is out of order is copied";
}

TEST(TorchFile, RefusesByNameWhatWeightsDoNotNeed) {
  const std::string call = global("posix", "system") + tuple({text("echo hello")}) + "R";
  EXPECT_NE(refusal(legacy(call, 1)).find("it asks for posix.system"), std::string::npos);
  EXPECT_NE(refusal(legacy(text("builtins") + text("eval") + "\x93", 1)).find("builtins.eval"),
            std::string::npos);
  EXPECT_EQ(refusal(legacy(text("a\nb") + text("c") + "\x93", 1)).find('\n'), std::string::npos);
  // An instruction that makes an object of any class.
  EXPECT_NE(refusal(legacy(global("collections", "OrderedDict") + ")\x81", 1)).find("0x81"),
            std::string::npos);
  // A known name called in another way.
  EXPECT_NE(refusal(legacy(global("torch", "FloatStorage") + ")R", 1)).find("FloatStorage"),
            std::string::npos);
  EXPECT_NE(refusal(legacy(dict(text("epoch") + number(3)), 1)).find("'epoch' is no tensor"),
            std::string::npos);
}

TEST(TorchFile, RefusesTensorsThatReachBeyondTheirStorage) {
  for (const std::string& each :
       {tensor("s", 6, 0, {2, 4}, {3, 1}), tensor("s", 6, 6, {1}, {1}), tensor("s", 6, 0, {3}, {3}),
        tensor("s", 6, 0, {200, 200}, {0, 0}), tensor("s", 200, 0, {200}, {1})}) {
    EXPECT_FALSE(refusal(legacy(dict(text("w") + each), 6)).empty());
  }
}

TEST(TorchFile, RefusesWhatIsCutShortAtAnyByte) {
  const std::string file = legacy(dict(text("w") + tensor("s", 6, 0, {2, 3}, {3, 1})), 6);
  for (size_t length = 0; length < file.size(); ++length) {
    EXPECT_THROW(parse(file.substr(0, length)), FormatError) << length;
  }
  EXPECT_NE(refusal("").find("empty"), std::string::npos);
  EXPECT_NE(refusal("PK\x03\x04 and so on").find("zip"), std::string::npos);
  EXPECT_NE(refusal(legacy(dict(""), 1, "\x89")).find("big-endian"), std::string::npos);
}

TEST(TorchFile, DeepProgramsCostNoStack) {
  std::string deep;
  for (int i = 0; i < 500'000; ++i) deep += '\x85';
  EXPECT_NE(refusal(legacy(")" + deep, 1)).find("a dict of tensors"), std::string::npos);
}

constexpr char kScript[] = R"(
import collections, sys, torch
state = collections.OrderedDict()
state["f32"] = torch.arange(6.0).reshape(2, 3)
state["turned"] = state["f32"].t()
state["parameter"] = torch.nn.Parameter(torch.tensor([1.5, -2.0]))
state["f16"] = torch.tensor([0.5, 2.0]).half()
state["bf16"] = torch.tensor([0.5, 2.0]).bfloat16()
state["i64"] = torch.tensor([1, -1])
state["flag"] = torch.tensor([True, False])
state["one"] = torch.tensor(3.0)
state["none"] = torch.empty(0, 3)
layer = torch.nn.Linear(2, 2)
state._metadata = layer.state_dict()._metadata
torch.save(state, sys.argv[1])
torch.save(state, sys.argv[2], _use_new_zipfile_serialization=False)
)";

TEST(TorchFile, ReadsWhatPytorchWritesInBothForms) {
  const TemporaryFolder folder;
  const std::string zip = folder / "new.bin", old = folder / "old.bin";
  const auto answer =
      testing::ask_python("torch", kScript, folder.path(), "'" + zip + "' '" + old + "'");
  if (!answer.available) GTEST_SKIP() << answer.reason;
  ASSERT_EQ(answer.text, "");
  for (const std::string& path : {zip, old}) {
    const Parsed parsed = parse(lexome_test::slurp(path));
    ASSERT_EQ(parsed.tensors.size(), 9u) << path;
    EXPECT_EQ(parsed.values("f32"), (std::vector<float>{0, 1, 2, 3, 4, 5}));
    EXPECT_EQ(parsed.values("turned"), (std::vector<float>{0, 3, 1, 4, 2, 5}));
    EXPECT_EQ(parsed.values("parameter"), (std::vector<float>{1.5, -2.0}));
    EXPECT_EQ(parsed.tensors.at("f16").dtype, Dtype::kF16);
    EXPECT_EQ(parsed.tensors.at("bf16").dtype, Dtype::kBF16);
    EXPECT_EQ(parsed.tensors.at("i64").dtype, Dtype::kI64);
    EXPECT_EQ(parsed.tensors.at("flag").dtype, Dtype::kBool);
    EXPECT_TRUE(parsed.tensors.at("one").shape.empty());
    EXPECT_EQ(parsed.values("one"), (std::vector<float>{3}));
    EXPECT_EQ(TorchFile(path).tensors().size(), 9u);
  }
  // A bit of a storage turned over, and the directory gone.
  std::string damaged = lexome_test::slurp(zip);
  const float needle = -2.0F;
  const size_t at =
      damaged.find(std::string(reinterpret_cast<const char*>(&needle), sizeof needle));
  ASSERT_NE(at, std::string::npos);
  damaged[at] = static_cast<char>(damaged[at] ^ 1);
  EXPECT_NE(refusal(damaged).find("checksum"), std::string::npos);
  const std::string whole = lexome_test::slurp(zip);
  for (size_t length = 0; length < whole.size(); length += 97) {
    EXPECT_THROW(parse(whole.substr(0, length)), FormatError) << length;
  }
}

}  // namespace
}  // namespace lexome

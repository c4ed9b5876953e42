// Every kind of error crosses from a library opened at run time as what it is.
#include <gtest/gtest.h>

#include <csignal>

#include "base/engine_loader.h"
#include "lexome/error.h"
#include "temporary_folder.h"

namespace lexome {
namespace {

template <class Kind>
std::string thrown(const std::string& kind) {
  PretrainRequest request;
  request.out = kind;
  Engine& engine = open_engine(LEXOME_FAILING_ENGINE);
  return lexome_test::message_of<Kind>([&] { engine.pretrain(request); });
}

TEST(EngineBorder, EveryKindArrivesIntact) {
  EXPECT_EQ(thrown<InputError>("input"), "input!");
  EXPECT_EQ(thrown<IoError>("io"), "io!: No space left on device");
  EXPECT_EQ(thrown<FormatError>("format"), "format!");
  EXPECT_EQ(thrown<ConfigError>("config"), "config!");
  EXPECT_NE(thrown<InternalError>("internal").find("internal!"), std::string::npos);
  EXPECT_EQ(thrown<Interrupted>("interrupted"), "interrupted!");
  EXPECT_EQ(thrown<std::runtime_error>("foreign"), "foreign!");
}

TEST(EngineBorder, KindsAndSignalsKeepTheirValues) {
  Engine& engine = open_engine(LEXOME_FAILING_ENGINE);
  PretrainRequest request;
  request.out = "format";
  try {
    engine.pretrain(request);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kFormat);
  }
  request.out = "interrupted";
  try {
    engine.pretrain(request);
    FAIL();
  } catch (const Interrupted& stop) {
    EXPECT_EQ(stop.signal(), SIGTERM);
  }
}

}  // namespace
}  // namespace lexome

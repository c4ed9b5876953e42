// Recipes and schemas: reading, hints, ranges, and dumps that read back identically.
#include "lexome/options.h"

#include <gtest/gtest.h>

#include <limits>

#include "lexome/error.h"
#include "temporary_folder.h"

namespace lexome {
namespace {

using lexome_test::message_of;

struct Example {
  int k = 6;
  int64_t steps = 1000;
  double rate = 0.1;
  bool audit = true;
  std::string note = "a \"quoted\"\ttext \\";
  std::string layout = "random";

  Schema schema() {
    Fields tokenizer("tokenizer"), train("train");
    tokenizer.integer("k", &k, 1, 12, "bases a token");
    train.integer("steps", &steps, 1, int64_t{1} << 40, "updates")
        .number("rate", &rate, 0, 1, "learning rate")
        .flag("audit", &audit, "audit the split")
        .text("note", &note, "free text")
        .choice("layout", &layout, {"random", "tiled"}, "where windows lie");
    Schema schema;
    schema.add(train).add(tokenizer);
    return schema;
  }
};

std::string apply_error(const std::string& toml) {
  Example example;
  const Schema schema = example.schema();
  return message_of<ConfigError>([&] { schema.apply(Recipe::from_text(toml, "r.toml")); });
}

TEST(Recipe, TablesDottedKeysAndListsAreOneThing) {
  const Recipe recipe = Recipe::from_text(
      "train.steps = 5\n[tokenizer]\nk = 4 # comment\n[windows]\nholdout = [\"chr1\", \"chr2\"]\n"
      "share = 0.25\non = true\n",
      "r.toml");
  EXPECT_EQ(recipe.find("train.steps")->value, "5");
  EXPECT_EQ(recipe.find("tokenizer.k")->value, "4");
  EXPECT_EQ(recipe.find("tokenizer.k")->origin, "r.toml:3");
  EXPECT_EQ(recipe.find("windows.holdout")->value, "chr1,chr2");
  EXPECT_EQ(recipe.find("windows.share")->value, "0.25");
  EXPECT_EQ(recipe.find("windows.on")->value, "true");
  EXPECT_EQ(recipe.find("none"), nullptr);
}

TEST(Recipe, BrokenTomlNamesTheLine) {
  const std::string message =
      message_of<ConfigError>([] { Recipe::from_text("a.b = 1\nc = \n", "r.toml"); });
  EXPECT_EQ(message.rfind("r.toml:2", 0), 0u) << message;
  EXPECT_EQ(message.find('\n'), std::string::npos);
  EXPECT_THROW(Recipe::from_text("a.b = 1\na.b = 2\n", "r.toml"), ConfigError);
  EXPECT_THROW(Recipe::from_text("a = 2020-01-01\n", "r.toml"), ConfigError);
}

TEST(Recipe, LaterSettingsWin) {
  Recipe recipe = Recipe::from_text("tokenizer.k = 4\ntrain.steps = 1\n", "r.toml");
  Recipe later;
  later.set_assignment("tokenizer.k = 5");
  recipe.merge(later);
  EXPECT_EQ(recipe.find("tokenizer.k")->value, "5");
  EXPECT_EQ(recipe.find("tokenizer.k")->origin, "--set");
  EXPECT_EQ(recipe.find("train.steps")->value, "1");
  EXPECT_THROW(later.set_assignment("tokenizer.k"), ConfigError);
  EXPECT_THROW(later.set_assignment("=5"), ConfigError);
}

TEST(Schema, SetsWhatTheRecipeNames) {
  Example example;
  example.schema().apply(Recipe::from_text(
      "tokenizer.k = 3\ntrain.steps = \"20k\"\ntrain.rate = 1e-4\ntrain.audit = false\n"
      "train.layout = \"tiled\"\n",
      "r.toml"));
  EXPECT_EQ(example.k, 3);
  EXPECT_EQ(example.steps, 20000);
  EXPECT_EQ(example.rate, 1e-4);
  EXPECT_FALSE(example.audit);
  EXPECT_EQ(example.layout, "tiled");
}

TEST(Schema, UnknownKeyNamesTheNearest) {
  EXPECT_EQ(apply_error("train.rate = 0.5\ntrain.step = 1\n"),
            "r.toml:2: unknown key train.step; did you mean train.steps?");
  EXPECT_EQ(apply_error("k = 3\n"), "r.toml:1: unknown key k; did you mean tokenizer.k?");
}

TEST(Schema, SetMayNameAKeyByItsLastPart) {
  Example example;
  Recipe recipe = Recipe::from_text("tokenizer.k = 3\ntrain.steps = 7\n", "r.toml");
  recipe.set_assignment("k=5");
  example.schema().apply(recipe);
  EXPECT_EQ(example.k, 5) << "--set wins over the recipe's own line";
  EXPECT_EQ(example.steps, 7);
  recipe.set_assignment("x=5");
  EXPECT_THROW(example.schema().apply(recipe), ConfigError);
}

TEST(Schema, ALastPartOfTwoKeysIsRefused) {
  int64_t a = 0, b = 0;
  Fields first("one"), second("two");
  first.integer("n", &a, 0, 9, "");
  second.integer("n", &b, 0, 9, "");
  Schema schema;
  schema.add(first).add(second);
  Recipe recipe;
  recipe.set_assignment("n=5");
  EXPECT_THROW(schema.apply(recipe), ConfigError);
  EXPECT_EQ(a + b, 0);
}

TEST(Schema, WrongTypesAndRanges) {
  EXPECT_EQ(apply_error("tokenizer.k = 13\n"),
            "r.toml:1: tokenizer.k must be a whole number from 1 to 12, not '13'");
  EXPECT_EQ(apply_error("tokenizer.k = \"six\"\n"),
            "r.toml:1: tokenizer.k must be a whole number from 1 to 12, not 'six'");
  EXPECT_EQ(apply_error("tokenizer.k = 2.5\n"),
            "r.toml:1: tokenizer.k must be a whole number from 1 to 12, not '2.5'");
  EXPECT_EQ(apply_error("train.rate = nan\n"),
            "r.toml:1: train.rate must be a number from 0 to 1, not 'nan'");
  EXPECT_EQ(apply_error("train.audit = 1\n"),
            "r.toml:1: train.audit must be true or false, not '1'");
  EXPECT_EQ(apply_error("train.layout = \"tild\"\n"),
            "r.toml:1: train.layout must be one of random|tiled, not 'tild'; did you mean tiled?");
}

TEST(Schema, OpenRangesReadWell) {
  double margin = 1;
  Fields fields("train");
  fields.number("margin", &margin, 0, std::numeric_limits<double>::max(), "room");
  EXPECT_EQ(fields.all()[0].range, "0..");
  Schema schema;
  schema.add(fields);
  EXPECT_EQ(
      message_of<ConfigError>([&] { schema.apply(Recipe::from_text("train.margin = -1\n", "r")); }),
      "r:1: train.margin must be a number of at least 0, not '-1'");
}

TEST(Schema, DumpReadsBackIdentically) {
  Example one;
  one.rate = 1.0 / 3;
  one.steps = 123456789012;
  one.note = std::string("tab\t quote\" back\\ newline\n nul-free \x01 \xc3\xa9");
  const std::string dump = one.schema().dump();
  Example two;
  two.schema().apply(Recipe::from_text(dump, "dump"));
  EXPECT_EQ(two.schema().dump(), dump);
  EXPECT_EQ(two.note, one.note);
  EXPECT_EQ(two.rate, one.rate);
  EXPECT_LT(dump.find("tokenizer.k"), dump.find("train.audit"));  // sorted
}

TEST(Schema, DefaultsAreKeptFromTheDeclaration) {
  Example example;
  const Schema schema = example.schema();
  schema.apply(Recipe::from_text("tokenizer.k = 3\n", "r.toml"));
  for (const Fields::Field& field : schema.fields()) {
    if (field.key == "tokenizer.k") {
      EXPECT_EQ(field.fallback, "6");
      EXPECT_EQ(field.write(), "3");
      EXPECT_EQ(field.range, "1..12");
    }
  }
}

TEST(Schema, RefusesADoubleDeclaration) {
  Example example;
  Schema schema = example.schema();
  Fields again("train");
  again.integer("steps", &example.steps, 1, 2, "again");
  EXPECT_THROW(schema.add(again), InternalError);
}

TEST(Recipe, ArraysOfTablesBecomeRecipes) {
  std::vector<Recipe> tables;
  const Recipe top = Recipe::from_tables(
      "title = \"x\"\n[[task]]\nname = \"a\"\nshots = [1, 2]\n[[task]]\nname = \"b\"\n", "s.toml",
      "task", &tables);
  ASSERT_EQ(tables.size(), 2u);
  EXPECT_EQ(top.settings().size(), 1u);
  EXPECT_EQ(top.find("title")->value, "x");
  EXPECT_EQ(tables[0].find("shots")->value, "1,2");
  EXPECT_EQ(tables[1].find("name")->value, "b");
  EXPECT_EQ(tables[1].find("name")->origin, "s.toml:6");
  tables.clear();
  Recipe::from_tables("title = \"x\"\n", "s.toml", "task", &tables);
  EXPECT_TRUE(tables.empty());
  EXPECT_THROW(Recipe::from_tables("task = 1\n", "s.toml", "task", &tables), ConfigError);
}

TEST(Fields, ListsOfIntegers) {
  std::vector<int64_t> values = {7};
  Schema schema("the keys stand in a table");
  schema.add(Fields("x").integers("shots", &values, 1, 5000, "rows"));
  schema.apply(Recipe::from_text("x.shots = [10, \"1k\"]", "a.toml"));
  EXPECT_EQ(values, (std::vector<int64_t>{10, 1000}));
  EXPECT_EQ(schema.dump(), "x.shots = [10, 1000]\n");
  schema.apply(Recipe::from_text("x.shots = []", "a.toml"));
  EXPECT_TRUE(values.empty());
  for (const char* wrong : {"x.shots = [0]", "x.shots = [1, 6000]", "x.shots = \"1,,2\""}) {
    EXPECT_THROW(schema.apply(Recipe::from_text(wrong, "a.toml")), ConfigError) << wrong;
  }
  EXPECT_NE(message_of<ConfigError>([&] {
              schema.apply(Recipe::from_text("unlike.anything = 1", "a.toml"));
            }).find("the keys stand in a table"),
            std::string::npos);
}

}  // namespace
}  // namespace lexome

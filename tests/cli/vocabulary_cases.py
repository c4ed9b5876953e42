"""Vocabularies: learned, described, and refused when damaged."""
import json
import runner


class Vocabularies(runner.Case):
    def test_made_and_described(self):
        self.works("vocab", "kmer", "--k", "3", "-o", "k3.json")
        text = self.works("info", "k3.json")
        self.assertIn("vocabulary (kmer)", text)
        self.assertIn("69", text)

    def test_long_option_recipe_and_set_are_one(self):
        self.write("r.toml", "vocab.k = 4\n")
        self.works("vocab", "kmer", "--k", "4", "-o", "1.json")
        self.works("vocab", "kmer", "-c", "r.toml", "-o", "2.json")
        self.works("vocab", "kmer", "--set", "vocab.k=4", "-o", "3.json")
        texts = {(self.folder / f"{i}.json").read_text() for i in (1, 2, 3)}
        self.assertEqual(len(texts), 1)

    def test_unknown_kind(self):
        self.fails(2, "vocab", "kmre", "-o", "v.json", says=["kmre", "kmer"])
        self.fails(2, "vocab", "-o", "v.json", "kmer", says="kind comes first")

    def test_recipe_mistakes(self):
        self.write("r.toml", "# a recipe\nvocab.kk = 3\n")
        self.fails(2, "vocab", "kmer", "-c", "r.toml", "-o", "v.json",
                   says=["r.toml:2", "unknown key vocab.kk", "did you mean vocab.k?"])
        self.write("r.toml", "[vocab]\nk = \"six\"\n")
        self.fails(2, "vocab", "kmer", "-c", "r.toml", "-o", "v.json",
                   says=["r.toml:2", "vocab.k must be a whole number from 1 to 12", "'six'"])
        self.write("r.toml", "vocab.k = 13\n")
        self.fails(2, "vocab", "kmer", "-c", "r.toml", "-o", "v.json",
                   says=["r.toml:1", "1 to 12", "'13'"])
        self.write("r.toml", "vocab.k = \n")
        self.fails(2, "vocab", "kmer", "-c", "r.toml", "-o", "v.json", says="r.toml:1")
        self.fails(1, "vocab", "kmer", "-c", "none.toml", "-o", "v.json", says="none.toml")
        self.fails(2, "vocab", "kmer", "--set", "vocab.k", "-o", "v.json", says="key=value")

    def test_learning_needs_a_genome(self):
        self.fails(2, "vocab", "bpe", "-o", "v.json", says="-g")
        self.fails(1, "vocab", "bpe", "-g", "none.2bit", "-o", "v.json", says="none.2bit")

    def test_damaged_files(self):
        self.works("vocab", "kmer", "--k", "3", "-o", "k3.json")
        text = (self.folder / "k3.json").read_text()
        self.write("cut.json", text[:len(text) // 2])
        self.fails(1, "info", "cut.json", says="cut.json")
        self.write("other.json", "{\"a\": 1}")
        self.fails(1, "info", "other.json", says="other.json")
        saved = json.loads(text)
        saved["version"] = 999
        self.write("new.json", json.dumps(saved))
        self.fails(1, "info", "new.json", says=["new.json", "newer"])
        # The self-test: same envelope, other vocabulary.
        self.works("vocab", "kmer", "--k", "3", "--order", "ACGT", "-o", "acgt.json")
        other = json.loads((self.folder / "acgt.json").read_text())
        for key in other:
            if "test" in key:
                other[key] = json.loads(text)[key]
        self.write("mixed.json", json.dumps(other))
        self.fails(1, "info", "mixed.json", says="mixed.json")


if __name__ == "__main__":
    runner.main()

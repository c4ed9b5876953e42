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

    def test_pmi_tables(self):
        self.write("g.fa", ">a\nACGTACGTNNacgtTTTT\n>b\nAC\n")
        self.works("vocab", "pmi", "-g", "g.fa", "--n", "3", "--both-strands", "false",
                   "--min-count", "1", "-o", "t.pmi")
        text = self.works("info", "t.pmi")
        for words in ("PMI table", "mode proper", "forward strand", "best 2-mers", "g.fa"):
            self.assertIn(words, text)
        rows = [line.split("\t") for line in self.works("info", "t.pmi", "-O", "tsv").splitlines()]
        self.assertEqual(rows[0], ["#ngram", "count", "prob", "naive", "two_split", "seg", "npmi",
                                   "rank", "z"])
        self.assertEqual(len(rows), 1 + 4 + 16 + 64)
        table = {row[0]: dict(zip(rows[0], row)) for row in rows[1:]}
        sequences = ["ACGTACGT", "ACGTTTTT", "AC"]
        for ngram, row in table.items():
            count = sum(s[i:i + len(ngram)] == ngram for s in sequences for i in range(len(s)))
            self.assertEqual(float(row["count"]), count, ngram)
        self.assertEqual(float(table["ACG"]["prob"]), 3 / 12)
        self.assertEqual(table["AAA"]["npmi"], "NA")
        ranks = sorted(int(row["rank"]) for ngram, row in table.items() if len(ngram) == 3)
        self.assertEqual(ranks, list(range(1, 65)))
        listed = self.works("list", "statistics")
        self.assertIn("vocab.both_strands", listed)

    def test_pmi_with_both_strands_and_threads(self):
        self.write("g.fa", ">a\n" + "GATTACAACGTT" * 50 + "\n")
        for threads in ("1", "2"):
            self.works("vocab", "pmi", "-g", "g.fa", "--n", "4", "-t", threads, "-o", f"{threads}.pmi")
        one, two = (self.folder / f"{i}.pmi" for i in "12")
        self.assertEqual(one.read_bytes(), two.read_bytes())
        rows = [line.split("\t") for line in self.works("info", "1.pmi", "-O", "tsv").splitlines()]
        counts = {row[0]: float(row[1]) for row in rows[1:]}
        self.assertEqual(counts["GATT"], 50)
        self.assertEqual(counts["AATC"], counts["GATT"])

    def test_pmi_mistakes(self):
        self.write("g.fa", ">a\nACGTACGTNN\n")
        self.fails(2, "vocab", "pmi", "-o", "t.pmi", says="-g")
        self.fails(2, "vocab", "pmi", "-g", "g.fa", "--n", "13", "-o", "t.pmi", says=["2 to 12", "13"])
        self.fails(2, "vocab", "pmi", "-g", "g.fa", "--n", "12", "--max-memory", "50MiB", "-o", "t.pmi",
                   says=["n-grams of 12 bases need", "50.0 MiB", "smaller n"])
        self.fails(1, "vocab", "pmi", "-g", "g.fa", "--n", "9", "-o", "t.pmi", says="9 bases without N")
        self.fails(2, "vocab", "pmi", "-g", "g.fa", "-g", "g.fa,weight=2,group=x", "-g", "g.fa,group=x",
                   "-o", "t.pmi", says="homology group 'x'")
        self.fails(2, "vocab", "pmi", "--mode", "released", "-o", "t.pmi", says="vocab.ranking")
        self.fails(2, "vocab", "pmi", "-g", "g.fa", "--ranking", "r.csv", "-o", "t.pmi",
                   says=["vocab.ranking", "proper"])
        self.write("r.csv", "ngram,ranks\nAA,1\nAC,2\n")
        self.fails(1, "vocab", "pmi", "--mode", "released", "--ranking", "r.csv", "--n", "2", "-o",
                   "t.pmi", says=["r.csv", "14 of the 16 n-grams of 2 bases are missing", "AG"])
        self.write("empty.csv", "")
        self.fails(1, "vocab", "pmi", "--mode", "released", "--ranking", "empty.csv", "--n", "2", "-o",
                   "t.pmi", says="empty.csv is empty")
        self.works("vocab", "pmi", "-g", "g.fa", "--n", "2", "-o", "t.pmi")
        self.fails(2, "vocab", "pmi", "-g", "g.fa", "--n", "2", "-o", "t.pmi", says="--force")
        self.fails(2, "info", "-O", "tsv", "t.pmi", "t.pmi", says="one PMI table at a time")
        whole = (self.folder / "t.pmi").read_bytes()
        self.write("cut.pmi", whole[:len(whole) // 2])
        self.fails(1, "info", "cut.pmi", says="cut.pmi")
        self.write("rna.pmi", whole.replace(b'ACGT', b'ACGU'))
        self.fails(1, "info", "rna.pmi", says=["rna.pmi", "alphabet 'ACGU'"])
        self.fails(1, "tokenize", "-m", "t.pmi", "g.fa", says="t.pmi")


@runner.needs_tensors
class LearnedVocabularies(runner.Case):
    TINY = """[vocab]
stem = 16
width = 32
blocks = 2
layer_scale = 0.3
sizes = [16, 24]
[windows]
length = 64
[train]
steps = 4
batch = 4
precision = "fp32"
[evaluate]
windows = 6
"""

    def learn(self, *more, kind="hrq"):
        return ["vocab", kind, "-c", "tiny.toml", "-g", "sim/genome.2bit", "--device", "cpu", "-t", "1",
                "-o", "codes", *more]

    def setUp(self):
        super().setUp()
        self.write("tiny.toml", self.TINY)
        self.works("simulate", "-o", "sim", "--size", "200k", "--contigs", "3")

    def test_learned_described_and_kept(self):
        done = self.run_lexome(*self.learn())
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        for words in ("level 1:", "level 2:", "of codes used", "perplexity", "given back"):
            self.assertIn(words, done.stderr.decode())
        text = self.works("info", "codes")
        self.assertIn("16 + 24 codes a base by hrq", text)
        self.assertIn("level1 validation usage", text)
        page = self.works("report", "codes", "-O", "md")
        for words in ("level2", "usage", "perplexity", "dead", "commitment", "error", "accuracy"):
            self.assertIn(words, page)
        self.fails(2, *self.learn(), says=["codes", "--force"])
        self.fails(2, "pretrain", "-m", "codes", "-g", "sim/genome.2bit", "-o", "run", says=["codes", "model.name = vqdna"])
        self.works(*self.learn("--resume"))

    def test_codes_of_a_genome(self):
        self.works(*self.learn())
        codes = ["tokenize", "-m", "codes", "--no-version", "--device", "cpu"]
        whole = self.works(*codes, "-g", "sim/genome.2bit", "-t", "2").splitlines()
        self.assertEqual(whole[0], "#name\tstart\tend\tstrand\ttoken\tid\tid_2")
        self.assertEqual(len(whole), 200001)
        name = whole[1].split("\t")[0]
        part = self.works(*codes, "-g", "sim/genome.2bit", "-t", "1", "-r", f"{name}:2001-2100").splitlines()
        self.assertEqual(part[1:], whole[2001:2101])
        self.works("unpack", "sim/genome.2bit", "-o", "g.fa")
        done = self.run_lexome(*codes, "g.fa", "-t", "2")
        self.assertEqual(done.stdout.decode().splitlines(), whole)
        for words in ("come back wrong", "same code", "% on level 2"):
            self.assertIn(words, done.stderr.decode())
        runs = self.works(*codes, "g.fa", "-O", "bed").splitlines()
        self.assertEqual(runs[0].split("\t")[3], "/".join(whole[1].split("\t")[5:7]))
        self.works(*codes, "g.fa", "-O", "npy", "-o", "codes.npy")
        self.assertEqual((self.folder / "codes.npy").stat().st_size % 16, 0)
        self.write("empty.fa", "")
        self.fails(1, *codes, "empty.fa", "-o", "none.tsv", says="empty.fa")
        self.assertFalse((self.folder / "none.tsv").exists())
        self.fails(2, *codes, "g.fa", "--window", "100", says=["codes", "--window"])
        tokenizer = self.folder / "codes" / "step-00000004" / "tokenizer.json"
        tokenizer.write_text(tokenizer.read_text().replace("ACGT", "ACDE"))
        self.fails(1, *codes, "g.fa", says=["tokenizer.json", "damaged"])

    def test_mistakes(self):
        self.fails(2, "vocab", "hrq", "-c", "tiny.toml", "-o", "codes", says="-g")
        self.fails(2, *self.learn("--set", "vocab.size=3"), says=["--set", "did you mean vocab.sizes?"])
        self.fails(2, *self.learn(kind="vq"), says="vq has one")
        self.fails(2, *self.learn("--set", "vocab.taps=2,1"), says="vocab.taps")
        self.fails(2, *self.learn("--set", "vocab.name=vq"), says=["vocab.name", "hrq"])
        self.fails(1, *self.learn("--set", "windows.length=10M"), says="windows.length")
        self.write("empty.fa", "")
        self.fails(1, "vocab", "hrq", "-c", "tiny.toml", "-g", "empty.fa", "-o", "codes", says="empty.fa")
        self.fails(2, "vocab", "hqr", "-o", "codes", says=["hqr", "hrq"])

    def test_listed_with_their_options(self):
        text = self.works("list", "tokenizers")
        for words in ("hrq", "vocab.prev_code_grad", "fsq"):
            self.assertIn(words, text)


if __name__ == "__main__":
    runner.main()

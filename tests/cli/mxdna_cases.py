"""A model that makes its own tokens, through the verbs: pre-training, fine-tuning, prediction, embedding, and what
it refuses."""
import runner

TINY = """[vocab]
name = "nucleotide"
[model]
name = "mxdna"
nucleotide_layers = 1
token_layers = 1
width = 32
heads = 2
ffn = 32
max_tokens = 64
protect_masks = true
gate_residual = true
centre_positions = true
[mask]
name = "random"
[windows]
length = 60
[train]
steps = 4
batch = 4
precision = "fp32"
[evaluate]
nll_windows = 4
nll_windows_during = 2
"""


@runner.needs_tensors
class Mxdna(runner.Case):
    def setUp(self):
        super().setUp()
        self.write("tiny.toml", TINY)
        self.write("tune.toml", "[train]\nsteps = 3\nbatch = 4\n")
        self.works("simulate", "-o", "sim", "--size", "300k", "--contigs", "3")

    def pretrain(self, *more):
        return ["pretrain", "-c", "tiny.toml", "-g", "sim/genome.2bit", "--device", "cpu", "-o", "run", *more]

    def test_pretrains_in_both_layouts_and_serves_the_other_verbs(self):
        for layout in ("sparse", "compact"):
            self.works(*self.pretrain("--set", f"model.unit_layout={layout}", "--force"))
            self.assertIn("4\tvalid\tloss\t", (self.folder / "run/log.tsv").read_text())
        self.works("finetune", "-m", "run", "--train", "sim/tasks/promoter/train.csv", "--dev",
                   "sim/tasks/promoter/dev.csv", "--test", "sim/tasks/promoter/test.csv", "-c", "tune.toml",
                   "--set", "finetune.pool=cls", "--device", "cpu", "-o", "tuned")
        self.works("predict", "-m", "tuned", "sim/tasks/promoter/test.csv", "--device", "cpu", "-o", "out.tsv")
        self.works("embed", "-m", "run", "sim/tasks/promoter/test.csv", "--device", "cpu", "-o", "x.npy")

    def test_refuses_other_vocabularies_and_unit_lengths(self):
        self.fails(2, *self.pretrain("--set", "vocab.name=kmer"),
                   says=["mxdna", "vocab.name = nucleotide", "kmer"])
        self.fails(2, *self.pretrain("--set", "model.experts=2,3"), says=["model.experts", "length 1"])
        self.fails(2, *self.pretrain("--set", "model.unit_layout=loose"), says="model.unit_layout")
        self.fails(2, *self.pretrain("--set", "model.heads=3"), says="model.heads")

    def test_short_and_unknown_sequences(self):
        self.works(*self.pretrain())
        self.write("odd.csv", "sequence,label\nA,b\nAC,a\n" + "N" * 40 + ",b\n" + "ACGT" * 30 + ",a\n")
        self.works("embed", "-m", "run", "odd.csv", "--device", "cpu", "-o", "x.npy")

    def units(self, *words):
        text = self.works("tokenize", "-m", "run", "--device", "cpu", "--no-version", *words)
        return [line.split("\t") for line in text.splitlines() if not line.startswith("#")]

    def test_units_are_the_same_in_any_cut(self):
        self.works(*self.pretrain())
        whole = self.units("-g", "sim/genome.2bit", "-r", "chr1:1-20k")
        self.assertEqual("".join(row[4] for row in whole[:3])[:3],
                         (self.folder / "sim/genome.fa").read_text().split("\n")[1][:3].upper())
        self.assertTrue(all(len(row[4]) == int(row[2]) - int(row[1]) for row in whole))
        self.assertEqual([row[1] for row in whole[1:]], [row[2] for row in whole[:-1]])
        wanted = [row for row in whole if int(row[1]) >= 7776 and int(row[2]) <= 9000]
        self.assertTrue(wanted)
        for more in ([], ["-t", "1"], ["-t", "2"]):
            self.assertEqual(self.units("-g", "sim/genome.2bit", "-r", "chr1:7,777-9,000", *more), wanted)
        # 30 bases between lines: about every thirtieth boundary is theirs.
        lines = [row for row in whole if int(row[1]) % 30 == 0 and int(row[1]) > 0]
        self.assertEqual([int(row[7]) & 1 for row in lines], [1] * len(lines))
        self.assertEqual(sum(int(row[7]) & 1 for row in whole), len(lines))
        (self.folder / "part.fa").write_text(">c\n" + "".join(row[4] for row in whole) + "\n")
        stream = self.units("part.fa")
        same = [row[1:] for row in whole if int(row[2]) < 19_000]
        self.assertEqual([row[1:] for row in stream][:len(same)], same)

    def test_units_refuse(self):
        self.works(*self.pretrain())
        self.write("odd.fa", ">none\n\n>one\nA\n>two\nAC\n")
        rows = self.units("odd.fa")
        self.assertEqual({row[0] for row in rows}, {"one", "two"})
        self.write("n.fa", ">n\n" + "N" * 80 + "\n")
        run = ["tokenize", "-m", "run", "--device", "cpu"]
        self.assertIn("every base is N", self.run_lexome(*run, "n.fa").stderr.decode())
        self.fails(2, *run, "odd.fa", "--window", "100", says=["--window 100", "62 bases"])
        self.fails(2, *run, "odd.fa", "--flank", "30", says=["--flank 30", "at most 29"])
        self.fails(2, *run, "odd.fa", "-O", "npy", "-o", "x.npy", says=["npy", "none"])
        self.assertFalse((self.folder / "x.npy").exists())
        self.works("vocab", "kmer", "--k", "3", "-o", "k3.json")
        self.fails(2, "tokenize", "-m", "k3.json", "odd.fa", "--flank", "3", says=["--flank", "k3.json"])


if __name__ == "__main__":
    runner.main()

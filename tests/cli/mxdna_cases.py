"""A model that makes its own tokens, through the verbs: pre-training, fine-tuning, prediction, embedding, and what
it refuses; published folders in and out."""
import hashlib
import json
import pathlib
import struct
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


def tensors_of(path):
    """Name to (shape, bytes) of a safetensors file."""
    raw = pathlib.Path(path).read_bytes()
    size = struct.unpack("<Q", raw[:8])[0]
    found = {}
    for name, entry in json.loads(raw[8:8 + size]).items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            found[name] = (entry["shape"], raw[8 + size + begin:8 + size + end])
    return found


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

    def test_without_units_on_both_strands_and_with_names(self):
        self.fails(2, *self.pretrain("--set", "model.unit_layout=none", "--set", "model.codes=4"), says="model.codes")
        self.fails(2, *self.pretrain("--set", "model.codes=4,4,4"), says="model.codes")
        self.fails(2, *self.pretrain("--set", "model.unit_layout=none", "--set", "model.strand_consistent=true"),
                   says="model.strand_consistent")
        for more, logged, absent in (
                (("unit_layout=none",), [], ["unit_length", "balance"]),
                (("strand_consistent=true", "deformable=false"), ["mlm", "balance", "unit_length"], ["commitment"]),
                (("codes=4,8",), ["unit_length", "commitment", "perplexity_1", "perplexity_2"], [])):
            settings = [word for each in more for word in ("--set", f"model.{each}")]
            self.works(*self.pretrain(*settings, "--force"))
            log = (self.folder / "run/log.tsv").read_text()
            for name in logged:
                self.assertIn(f"4\ttrain\t{name}\t", log)
            for name in absent:
                self.assertNotIn(name, log)

    def weights(self, folder):
        return next((self.folder / folder).glob("**/model.safetensors"))

    def test_published_folders_there_and_back(self):
        for layout, named in (("compact", "model.token_layers.0."), ("sparse", "model.motif_layers.0.")):
            self.works(*self.pretrain("--set", f"model.unit_layout={layout}", "--set", "model.strand_consistent=true",
                                      "--force"))
            self.works("convert", "run", "-o", "published", "--force")
            config = json.loads((self.folder / "published/config.json").read_text())
            self.assertEqual((config["model_type"], config["num_hidden_layers"], config["conversion_layer_idx"]),
                             ("mxdna", 3, 1))
            ours, theirs = tensors_of(self.weights("run")), tensors_of(self.weights("published"))
            self.assertEqual(ours.keys(), theirs.keys())
            self.assertTrue(any(name.startswith(named) for name in theirs))
            row = 4 * config["hidden_size"]
            letters = [tensors["model.embed_tokens.weight"][1][5 * row:] for tensors in (ours, theirs)]
            a, c, g, t = (letters[0][i * row:(i + 1) * row] for i in range(4))
            self.assertEqual(letters[1], a + t + c + g)
            self.works("convert", "published", "-o", "back", "--force")
            self.assertEqual(tensors_of(self.weights("back")), ours)
            self.assertIn(f'model.unit_layout = "{layout}"', (self.folder / "back/recipe.toml").read_text())
            vectors = []
            for run in ("run", "back"):
                self.works("embed", "-m", run, "sim/tasks/promoter/test.csv", "--precision", "fp32", "--device", "cpu",
                           "--force", "-o", "x.npy")
                vectors.append((self.folder / "x.npy").read_bytes())
            self.assertEqual(*vectors)
            self.works("convert", "back", "-o", "again", "--force")
            for name in ("config.json", "model.safetensors"):
                self.assertEqual((self.folder / "again" / name).read_bytes(),
                                 (self.folder / "published" / name).read_bytes())

    def test_folders_and_runs_that_are_another_model(self):
        self.works(*self.pretrain())
        self.works("convert", "run", "-o", "published")
        text = (self.folder / "published/config.json").read_text()
        config = json.loads(text)
        for change, code, says in (({"hidden_act": "relu"}, 1, "hidden_act"), ({"num_motif_groups": 2}, 1, "motif groups"),
                                   ({"vocab_size": 12}, 1, "vocab_size"), ({"hidden_size": "wide"}, 1, "config.json"),
                                   ({"num_attention_heads": 3, "num_key_value_heads": 3}, 2, "model.heads"),
                                   ({"num_hidden_layers": 0}, 2, "model.token_layers"),
                                   ({"expert_kernel_sizes": [1, 2, 4]}, 1, "experts"),
                                   ({"expert_kernel_sizes": [2, 3]}, 2, "length 1")):
            self.write("published/config.json", json.dumps({**config, **change}))
            self.fails(code, "convert", "published", "-o", "out", says=says)
        self.write("published/config.json", text)
        self.fails(2, "convert", "published", "--set", "model.layers=3", "-o", "out", says="model.layers")
        self.works(*self.pretrain("--set", "model.unit_layout=none", "--force"))
        self.fails(2, "convert", "run", "-o", "out", says=["run", "unit_layout"])

    def test_weights_of_another_layout_are_refused(self):
        self.works(*self.pretrain())
        folder = self.weights("run").parent
        recipe = (folder / "recipe.toml").read_text()
        for old, new, says in (('"compact"', '"sparse"', ["another layout", "recipe.toml"]),
                               ("[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]", "[1, 2, 3, 4, 5, 6, 7, 8, 10, 9]", ["shape", "recipe"])):
            self.assertIn(old, recipe)
            changed = recipe.replace(old, new).encode()
            (folder / "recipe.toml").write_bytes(changed)
            lines = [line if not line.endswith("\trecipe.toml") else
                     f"{hashlib.sha256(changed).hexdigest()}\t{len(changed)}\trecipe.toml"
                     for line in (folder / "MANIFEST").read_text().splitlines()]
            (folder / "MANIFEST").write_text("\n".join(lines) + "\n")
            self.fails(1, "embed", "-m", "run", "sim/tasks/promoter/test.csv", "-o", "x.npy",
                       says=["model.safetensors", *says])

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

"""lexome analyze lineages: a made-up virus, what is written, and what is refused."""
import csv
import io
import json
import random
import re
import unittest
import runner

BASES = "ACGT"


def made_up_reference(length=1200):
    draw = random.Random(5)
    return "".join(draw.choice(BASES) for _ in range(length))


REFERENCE = made_up_reference()


def mutation(position):
    base = REFERENCE[position - 1]
    return f"{base}{position}{BASES[(BASES.index(base) + 1) % 4]}"


def leaf(name, mutations, label):
    return {"name": name, "branch_attrs": {"mutations": {"nuc": mutations}},
            "node_attrs": {"clade_membership": {"value": label}}}


def inner(name, mutations, children):
    return {"name": name, "branch_attrs": {"mutations": {"nuc": mutations}}, "children": children}


def tree(root_sequence=True):
    """Two classes of two subtrees each, 16 and more substitutions apart; a recombinant and an unlabelled leaf."""
    classes = []
    for c, label in enumerate(["red", "blue"]):
        subtrees = []
        for s in range(2):
            stem = [mutation(p) for p in range(300 + 400 * c + 50 * s, 312 + 400 * c + 50 * s)]
            subtrees.append(inner(f"{label}{s}", stem, [leaf(f"{label}{s}.{i}", [mutation(20 + 80 * c + 40 * s + i)], label)
                                                       for i in range(5)]))
        classes.append(inner(label, [mutation(p) for p in range(200 + 400 * c, 220 + 400 * c, 2)], subtrees))
    mixed = [mutation(p) for p in range(200, 220, 2)] + [mutation(p) for p in range(750, 762)]
    others = [leaf("mix", mixed, "recombinant"), leaf("lone", [mutation(1100)], "green"), leaf("none", [], "unassigned")]
    whole = {"version": "v2", "tree": inner("root", [], classes + others)}
    if root_sequence:
        whole["root_sequence"] = {"nuc": REFERENCE}
    return whole


def rows(path):
    lines = [line for line in path.read_text().splitlines() if not line.startswith("##")]
    return list(csv.DictReader(io.StringIO("\n".join(lines).lstrip("#")), delimiter="\t"))


def genome(mutations):
    letters = list(REFERENCE)
    for one in mutations:
        letters[int(one[1:-1]) - 1] = one[-1]
    return "".join(letters)


class Lineages(runner.Case):
    def setUp(self):
        super().setUp()
        self.write("tree.json", json.dumps(tree()))
        self.write("bare.json", json.dumps(tree(root_sequence=False)))
        self.write("reference.fa", ">r\n" + REFERENCE + "\n")
        self.write("genes.gff", "##gff-version 3\nr\t.\tgene\t1\t900\t.\t+\t.\tgene_name=S\n")

    def analyze(self, *arguments):
        return self.run_lexome("analyze", "lineages", *arguments, "--window", 200)

    def refuses(self, expected, *arguments, code=1):
        self.fails(code, "analyze", "lineages", *arguments, "--window", 200, says=expected)

    def test_subtrees(self):
        said = self.analyze("tree.json", "--classes", "red,blue", "-o", "out", "-t", 2)
        self.assertEqual(said.returncode, 0, said.stderr)
        out = self.folder / "out"
        self.assertEqual(sorted(path.name for path in out.iterdir()),
                         ["classes.tsv", "distances.tsv", "edits.tsv", "genomes", "recombinants.tsv", "report.html",
                          "report.md", "scores_genomes.tsv", "scores_windows.tsv", "sites.tsv", "spaces.tsv",
                          "split.tsv", "windows"])
        split = rows(out / "split.tsv")
        self.assertEqual({row["side"] for row in split}, {"train", "dev", "test"})
        for row in split:
            if row["side"] == "test":
                self.assertGreater(int(row["nearest"]), 10)
        # All windows of a genome stand on its side, and their bases are the genome's.
        sides = {row["genome"]: row["side"] for row in split}
        for side in ("train", "dev", "test"):
            with open(out / "windows" / f"{side}.csv") as file:
                for row in csv.DictReader(file):
                    name, place = row["name"].split(":")
                    self.assertEqual(sides[name], side)
                    begin, end = map(int, place.split("-"))
                    self.assertEqual(len(row["sequence"]), end - begin + 1)
        scores = {row["method"]: row for row in rows(out / "scores_genomes.tsv")}
        self.assertEqual(scores["Hamming"]["macro-F1"], "1.000")
        self.assertEqual(scores["defining sites"]["macro-F1"], "1.000")
        self.assertLess(float(scores["unknown bases"]["macro-F1"]), 0.5)
        windows = {row["method"]: float(row["macro-F1"]) for row in rows(out / "scores_windows.tsv")}
        self.assertLess(windows["Hamming"], 1)  # most windows are the reference's
        bound = windows["any reader of letters and place"]
        self.assertLess(bound, 1)
        self.assertLessEqual(max(windows.values()), bound)
        for row in rows(out / "edits.tsv"):
            self.assertEqual((row["at sites"], row["farthest"]), ("6.00", "5"))
        page, markdown = (out / "report.html").read_text(), (out / "report.md").read_text()
        self.assertEqual(re.findall(r'<(?:script|link|img|iframe)[^>]+(?:src|href)=', page), [])
        for text in (page, markdown):
            self.assertIn("One rule for all methods", text)
            self.assertIn("1 recombinant leaves, 1 without a label, 1 of other classes", text)

    def test_threads_change_no_byte(self):
        for name, threads in (("one", 1), ("two", 2)):
            said = self.analyze("tree.json", "--classes", "red,blue", "-o", name, "-t", threads, "--no-version")
            self.assertEqual(said.returncode, 0, said.stderr)
        for path in (self.folder / "one").rglob("*.*"):
            other = self.folder / "two" / path.relative_to(self.folder / "one")
            self.assertEqual(path.read_bytes(), other.read_bytes(), path.name)

    def test_isolates(self):
        def isolate(name, mutations, start):
            return f">{name}\n{genome(mutations)[start:]}\n"
        stems = {"red": [mutation(p) for p in range(200, 220, 2)], "blue": [mutation(p) for p in range(600, 620, 2)]}
        self.write("a.fa", isolate("i1", stems["red"], 9) + isolate("i2", stems["blue"], 0) + isolate("i3", [], 0))
        self.write("b.fa", isolate("i4", stems["red"], 9) + isolate("i5", stems["blue"], 30))
        self.write("labels.tsv", "name\twho_label\tkmer_jaccard\ni1\tred\t0.9\ni2\tblue\t0.7\ni3\tblue\t0.2\n"
                                 "i4\tred\t0.8\ni5\tblue\t1\n")
        said = self.analyze("tree.json", "--isolates", "a.fa", "--isolates", "b.fa", "--labels", "labels.tsv",
                            "--classes", "red,blue,green", "-o", "out")
        self.assertEqual(said.returncode, 0, said.stderr)
        self.assertIn(b"left out: green", said.stderr)
        tested = [row["genome"] for row in rows(self.folder / "out/split.tsv") if row["side"] == "test"]
        self.assertEqual(sorted(tested), ["i1", "i2", "i5"])  # i3 is doubtful, i4 a copy of i1
        self.write("bad.tsv", "name\twho_label\tkmer_jaccard\ni1\tred\thigh\n")
        self.refuses("bad.tsv:2: kmer_jaccard 'high' is no number", "tree.json", "--isolates", "a.fa", "--labels",
                     "bad.tsv", "-o", "no")
        self.refuses("--isolates FASTA and --labels TABLE go together", "tree.json", "--isolates", "a.fa", "-o", "no",
                     code=2)

    def test_recombinant(self):
        said = self.analyze("tree.json", "--classes", "red,blue", "--recombinant", "mix=red0.0,blue1.0", "-o", "out")
        self.assertEqual(said.returncode, 0, said.stderr)
        found = {row["representation"]: row for row in rows(self.folder / "out/recombinants.tsv")}
        self.assertEqual([found["Hamming"][key] for key in ("left", "right", "of")], ["1", "1", "1"])
        self.refuses("has no leaf 'mux'; did you mean mix?", "tree.json", "--classes", "red,blue", "--recombinant",
                     "mux=red0.0,blue1.0", "-o", "no", code=2)

    def test_leaves_of_one_name(self):
        twice = tree()
        twice["tree"]["children"][0]["children"][0]["children"][1]["name"] = "red0.0"
        self.write("twice.json", json.dumps(twice))
        said = self.analyze("twice.json", "--classes", "red,blue", "-o", "out")
        self.assertEqual(said.returncode, 0, said.stderr)
        self.assertIn(b"another leaf is called red0.0; this one is red0.0#2 here", said.stderr)
        self.assertIn("red0.0#2", {row["genome"] for row in rows(self.folder / "out/split.tsv")})

    TINY_CODES = """[vocab]
stem = 16
width = 32
blocks = 2
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

    @runner.needs_tensors
    def test_learned_vocabularies(self):
        self.write("tiny.toml", self.TINY_CODES)
        self.works("simulate", "-o", "sim", "--size", "200k", "--contigs", "3")
        learn = ["vocab", "hrq", "-c", "tiny.toml", "-g", "sim/genome.2bit", "--device", "cpu", "-t", "1"]
        self.works(*learn, "-o", "codes")
        self.works(*learn, "--set", "train.steps=1", "--set", "train.warmup=0", "--set", "train.lr=1e-9", "-o", "start")
        self.works("vocab", "kmer", "--k", "4", "-o", "k4.json")
        asked = ["tree.json", "--classes", "red,blue", "--recombinant", "mix=red0.0,blue1.0", "--device", "cpu", "--no-version",
                 "-m", "codes", "-m", "codes-untrained=start", "-m", "k4.json"]
        for name, threads in (("out", 2), ("again", 1)):
            said = self.analyze(*asked, "-t", threads, "-o", name)
            self.assertEqual(said.returncode, 0, said.stderr)
        for path in (self.folder / "out").rglob("*.*"):
            other = self.folder / "again" / path.relative_to(self.folder / "out")
            self.assertEqual(path.read_bytes(), other.read_bytes(), path.name)
        named = ["one-hot", "6-mer", "hrq (codes), level 1", "hrq (codes), level 2", "hrq (codes-untrained), level 1",
                 "hrq (codes-untrained), level 2", "kmer (k4)"]
        out = self.folder / "out"
        for table in ("spaces", "distances"):
            self.assertEqual([row["representation"] for row in rows(out / f"{table}.tsv")], named)
        self.assertEqual([row["representation"] for row in rows(out / "recombinants.tsv")], ["Hamming"] + named)
        distances = {row["representation"]: row for row in rows(out / "distances.tsv")}
        self.assertEqual([name for name, row in distances.items() if row["with untrained distance"]], named[2:4])
        self.assertEqual(distances["6-mer"]["with 6-mer distance"], "+1.000")
        self.assertEqual(distances["6-mer"]["with tree distance, given Hamming and 6-mer"], "")
        for name in set(named) - set(named[2:4]):
            self.assertEqual(distances[name]["p, given Hamming and untrained"], "", name)
        for view in ("genomes", "windows"):
            probes = [row["method"] for row in rows(out / f"scores_{view}.tsv") if row["what it is"] == "linear probe"]
            self.assertEqual(probes, named)
        edits = {row["representation"]: row for row in rows(out / "edits.tsv")}
        self.assertEqual(list(edits), named[1:])
        # Blocks 1 and 2 see 5 and 8 bases each side.
        self.assertLessEqual(int(edits["hrq (codes), level 1"]["farthest"]), 5)
        self.assertLessEqual(int(edits["hrq (codes), level 2"]["farthest"]), 8)
        page = (out / "report.html").read_text()
        self.assertIn('"kind":"pointMap"', page)
        self.assertIn("hrq (codes), level 2", page)
        self.assertIn("16 + 24 codes a base by hrq", (out / "report.md").read_text())

        self.refuses("two vocabularies would be called hrq (codes)", "tree.json", "-m", "codes", "-m", "codes", "-o", "no", code=2)
        self.refuses("hrq (k4) untrained, but of another kind or shape", "tree.json", "-m", "k4=codes", "-m",
                     "k4-untrained=k4.json", "-o", "no", code=2)
        self.write("run/recipe.toml", '[model]\nname = "vqdna"\n')
        self.refuses("give the folder of the vocabulary", "tree.json", "-m", "run", "-o", "no")
        tokenizer = self.folder / "codes" / "step-00000004" / "tokenizer.json"
        tokenizer.write_text(tokenizer.read_text().replace("ACGT", "ACDE"))
        self.refuses("tokenizer.json", "tree.json", "-m", "codes", "-o", "no")

    @runner.needs_tensors
    def test_windows_are_a_suite(self):
        self.works("simulate", "-o", "sim", "--size", "200k", "--contigs", "3")
        self.works("vocab", "kmer", "--k", "3", "-o", "k3.json")
        self.write("tiny.toml", runner.TINY)
        self.works("pretrain", "-c", "tiny.toml", "-g", "sim/genome.2bit", "-m", "k3.json", "--device", "cpu", "-t", "1", "-o", "run")
        said = self.analyze("tree.json", "--classes", "red,blue", "-o", "out")
        self.assertEqual(said.returncode, 0, said.stderr)
        self.works("evaluate", "lineages", "--data", "out", "-m", "run", "--seeds", "1", "--baselines", "kmer-lr", "--device", "cpu",
                   "-t", "1", "--set", "suite.scratch=false", "--set", "finetune.min_updates=2", "--set",
                   "finetune.max_updates=2", "--set", "finetune.evaluations=1", "--set", "finetune.long=mean", "-o", "scores")
        scores = [row for row in rows(self.folder / "scores/results.tsv") if row["split"] == "test" and row["metric"] == "macro_f1"]
        self.assertEqual({row["model"] for row in scores}, {"run", "kmer-lr"})

    def test_refused(self):
        self.refuses("the tree has no root sequence", "bare.json", "-o", "no", code=2)
        self.refuses("class green has one genome (lone)", "tree.json", "-o", "no")
        self.refuses("no leaf's clade_membership is 'rad'; did you mean red?", "tree.json", "--classes", "rad", "-o",
                     "no", code=2)
        self.refuses("the class red is named twice", "tree.json", "--classes", "red,blue,red", "-o", "no", code=2)
        self.refuses("fewer than two classes by clade_membership (red) leave nothing to tell apart", "tree.json", "--classes", "red", "-o", "no", code=2)
        self.refuses("no leaf has the attribute 'clade'", "tree.json", "--label", "clade", "-o", "no", code=2)
        other = ("C" if REFERENCE[199] != "C" else "A")
        self.write("other.fa", ">r\n" + REFERENCE[:199] + other + REFERENCE[200:] + "\n")
        self.refuses(f"node red: mutation {mutation(200)} expects {REFERENCE[199]} at position 200, but {other} stands "
                     "there", "bare.json", "--reference", "other.fa", "-o", "no")
        self.refuses("position 200 is the first to differ", "tree.json", "--reference", "other.fa", "-o", "no")
        self.write("constellations/one.json", json.dumps({"variant": {"mrca_lineage": "red0.0"},
                                                          "sites": ["nuc:" + mutation(200), "nuc:N7A"]}))
        self.refuses(f"site nuc:N7A expects N at position 7, but the reference has {REFERENCE[6]} there", "tree.json",
                     "--constellations", "constellations", "--genes", "genes.gff", "-o", "no")
        self.refuses("nowhere.json", "tree.json", "-m", "nowhere.json", "-o", "no")
        self.refuses("no -m is one", "tree.json", "--device", "cpu", "-o", "no", code=2)
        self.works("vocab", "kmer", "--k", "4", "-o", "k4.json")
        self.refuses("no -m is one", "tree.json", "-m", "k4.json", "--precision", "fp32", "-o", "no", code=2)
        self.write("empty.json", "")
        self.refuses("no JSON", "empty.json", "-o", "no")
        self.write("short.fa", ">red0.0\nACGT\n")
        self.refuses("red0.0 has 4 bases where the reference has 1200", "tree.json", "--consensus", "short.fa", "-o",
                     "no")


if __name__ == "__main__":
    unittest.main()

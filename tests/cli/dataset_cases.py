"""Data sets from intervals and from labelled genomes, and the audit of labelled files."""
import random
import runner


def letters(count, seed):
    return "".join(random.Random(seed).choices("ACGT", k=count))


class Dataset(runner.Case):
    def setUp(self):
        super().setUp()
        self.write("g.fa", "".join(f">chr{c}\n{letters(20000, c)}\n" for c in (1, 2, 3)))
        self.works("pack", "g.fa", "-o", "g.2bit")
        self.write("peaks.bed", "".join(
            f"chr{c}\t{at}\t{at + 150}\tp{at}\t0\t{'+-'[at // 1000 % 2]}\n"
            for c in (1, 2, 3) for at in range(500, 19000, 1000)))

    def make(self, *more, out="out", width=200):
        return self.works("dataset", "peaks.bed", "-g", "g.2bit", "--width", width, "-o", out, *more)

    def rows(self, path):
        lines = (self.folder / path).read_text().splitlines()
        self.assertEqual(lines[0], "sequence,label,contig,start,end,strand,name")
        return [line.split(",") for line in lines[1:]]

    def test_parts_stand_on_their_contigs(self):
        table = self.make("--test", "chr2", "--dev", "chr3")
        self.assertIn("kept\ttest\t1\t19\t", table)
        for part, contig in (("train", "chr1"), ("dev", "chr3"), ("test", "chr2")):
            rows = self.rows(f"out/{part}.csv")
            self.assertEqual({row[2] for row in rows}, {contig})
            self.assertEqual([row[1] for row in rows].count("1"), 19)
            self.assertTrue(all(len(row[0]) == 200 for row in rows))
        whole = (self.folder / "out/dataset.tsv").read_text()
        self.assertTrue(whole.startswith("##lexome_version="))

    def test_threads_change_nothing(self):
        self.make("-t", "1", out="one")
        self.make("-t", "3", out="three")
        for name in ("train.csv", "dev.csv", "test.csv"):
            self.assertEqual((self.folder / "one" / name).read_bytes(),
                             (self.folder / "three" / name).read_bytes())

    def test_the_audit_of_its_parts_is_clean(self):
        self.make("--test", "chr2", "--dev", "chr3")
        text = self.works("evaluate", "audit", "out/train.csv", "out/dev.csv", "out/test.csv",
                          "-O", "text")
        self.assertEqual(text, "no copies and no near copies were found\n")

    def refuses(self, code, says, *words):
        self.fails(code, "dataset", *words, "-o", "out", says=says)

    def test_interval_off_the_contig(self):
        self.write("bad.bed", "chr1\t100\t200\nchr2\t19990\t20001\n")
        self.refuses(1, ["bad.bed:2", "chr2:19991-20001", "beyond the contig", "20,000"],
                     "bad.bed", "-g", "g.2bit")

    def test_another_assembly(self):
        self.write("bad.bed", "1\t1000\t2000\n2\t1000\t2000\n3\t1000\t2000\n")
        self.refuses(1, ["bad.bed", "(1, 2, 3)", "g.2bit (chr1, chr2, chr3)", "--alias"],
                     "bad.bed", "-g", "g.2bit")
        self.works("dataset", "bad.bed", "-g", "g.2bit", "--alias", "--test", "2", "--dev", "3",
                   "-o", "out")

    def test_empty_and_broken_files(self):
        self.write("empty.bed", "")
        self.refuses(1, ["empty.bed", "no intervals"], "empty.bed", "-g", "g.2bit")
        self.write("bad.bed", "chr1\t100\t50\n")
        self.refuses(1, ["bad.bed:1", "end 50"], "bad.bed", "-g", "g.2bit")
        self.refuses(1, ["none.bed", "No such file"], "none.bed", "-g", "g.2bit")

    def test_width_longer_than_every_contig(self):
        self.refuses(1, ["peaks.bed", "--width 30000", "longer than every contig"], "peaks.bed",
                     "-g", "g.2bit", "--width", "30k")

    def test_no_negatives(self):
        self.write("all.bed", "".join(f"chr{c}\t0\t20000\n" for c in (1, 2, 3)))
        self.refuses(1, ["all.bed", "no negatives", "--negatives shuffle-dinuc"], "all.bed", "-g",
                     "g.2bit", "--test", "chr2", "--dev", "chr3")
        self.works("dataset", "all.bed", "-g", "g.2bit", "--test", "chr2", "--dev", "chr3",
                   "--negatives", "shuffle-dinuc", "-o", "out")

    def test_unknown_contig_held_out(self):
        self.refuses(1, ["'chr8'", "did you mean 'chr"], "peaks.bed", "-g", "g.2bit", "--test",
                     "chr8")

    def test_existing_output(self):
        self.write("out/precious", "x")
        self.refuses(2, ["out", "other files than a data set"], "peaks.bed", "-g", "g.2bit", "--force")
        (self.folder / "out/precious").unlink()
        self.make("--force")
        self.refuses(2, ["out", "exists", "--force"], "peaks.bed", "-g", "g.2bit")
        self.make("--force", width=150)
        self.assertEqual(len(self.rows("out/train.csv")[0][0]), 150)

    def test_usage(self):
        self.refuses(2, "-g", "peaks.bed")
        self.refuses(2, "--from", "-g", "g.2bit")
        self.refuses(2, ["--negatives", "bed:FILE"], "peaks.bed", "-g", "g.2bit", "--negatives", "x")
        self.refuses(2, "--labels", "--from", "g.fa")
        self.refuses(2, ["--width", "from 1 to 1000000"], "peaks.bed", "-g", "g.2bit", "--width", "0")

    def test_targets_from_a_track(self):
        self.write("s.bedgraph", "chr1 0 20000 0.5\nchr2 0 20000 1.5\nchr3 0 20000 2.5\n")
        self.make("--signal", "s.bedgraph", "--test", "chr2", "--dev", "chr3")
        self.assertEqual({row[1] for row in self.rows("out/test.csv")}, {"1.5"})
        self.write("s.bedgraph", "chr1\t0\t20000\tmany\n")
        self.fails(1, "dataset", "peaks.bed", "-g", "g.2bit", "--signal", "s.bedgraph", "-o", "two",
                   says=["s.bedgraph:1", "'many'"])
        self.write("s.bedgraph", "chr1\t0\t20001\t1\n")
        self.fails(1, "dataset", "peaks.bed", "-g", "g.2bit", "--signal", "s.bedgraph", "-o", "two",
                   says=["s.bedgraph:1", "beyond the contig"])

    def test_labelled_genomes(self):
        self.write("many.fa", "".join(f">s{i}\n{letters(900, i)}\n" for i in range(30)))
        self.write("labels.tsv", "name\tclade\n" + "".join(f"s{i}\t{'xyz'[i % 3]}\n" for i in range(30)))
        self.fails(1, "dataset", "--from", "many.fa", "--labels", "labels.tsv", "-o", "out",
                   says=["labels.tsv:1", "name and label", "--label-column"])
        self.works("dataset", "--from", "many.fa", "--labels", "labels.tsv", "--label-column",
                   "clade", "--width", "300", "--stride", "150", "-o", "out")
        parts = [{row[2] for row in self.rows(f"out/{part}.csv")} for part in ("train", "dev", "test")]
        self.assertEqual(sum(map(len, parts)), 30)
        self.assertEqual(len(set.union(*parts)), 30)


class Audit(runner.Case):
    def setUp(self):
        super().setUp()
        rows = [letters(120, i) for i in range(6)]
        self.write("train.csv", "sequence,label\n" +
                   "".join(f"{row},{i % 2}\n" for i, row in enumerate(rows)))
        flipped = rows[1][::-1].translate(str.maketrans("ACGT", "TGCA"))
        self.write("test.csv", f"sequence,label\n{rows[0]},1\n{flipped},1\n{letters(120, 99)},0\n")

    def test_findings(self):
        table = self.works("evaluate", "audit", "train.csv", "test.csv", "--no-version")
        rows = [line.split("\t") for line in table.splitlines()]
        self.assertEqual(rows[0], ["#task", "side", "against", "kind", "threshold", "items", "of",
                                   "words"])
        found = {tuple(row[1:5]): row[5] for row in rows[1:]}
        self.assertEqual(found["test.csv", "train.csv", "exact", ""], "1")
        self.assertEqual(found["test.csv", "train.csv", "reverse-complement", ""], "1")
        self.assertEqual(found["test.csv", "train.csv", "near", "0.5"], "2")
        self.assertEqual(found["test.csv", "train.csv", "label-conflict", ""], "1")
        text = self.works("evaluate", "audit", "test=test.csv", "train=train.csv", "-O", "text")
        self.assertIn("1 of 3 test items (33 %) stands in train, letter for letter", text)

    def test_pretraining_genomes(self):
        self.write("g.fa", f">c\n{letters(120, 0)}\n")
        table = self.works("evaluate", "audit", "train.csv", "-g", "g.fa", "--no-version")
        self.assertIn("\tpre-training\tpretraining\t0.5\t1\t6\t", table)

    def test_bad_input(self):
        self.fails(2, "evaluate", "audit", says="at least one file")
        self.fails(1, "evaluate", "audit", "none.csv", says=["none.csv", "No such file"])
        self.fails(2, "evaluate", "audit", "train.csv", "train=train.csv", says=["train.csv", "twice"])
        self.fails(2, "evaluate", "audit", "test=", says="names no file")
        self.write("old.tsv", "x")
        self.fails(2, "evaluate", "audit", "train.csv", "-o", "old.tsv", says=["old.tsv", "--force"])
        self.write("bad.csv", "sequence,label\nACGT,1\nPROTEIN,0\n")
        self.fails(1, "evaluate", "audit", "bad.csv", "-o", "new.tsv", says="bad.csv:3")


if __name__ == "__main__":
    runner.main()

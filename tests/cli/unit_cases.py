"""lexome analyze units: tables, the drawn sequence, refusals."""
import runner


class Units(runner.Case):
    def rows(self, name):
        lines = (self.folder / "out" / name).read_text().splitlines()
        self.assertTrue(lines[0].startswith("##lexome_version"))
        table = [line.split("\t") for line in lines if not line.startswith("##")]
        self.assertTrue(all(len(row) == len(table[0]) for row in table))
        return table[0], table[1:]

    def setUp(self):
        super().setUp()
        self.works("simulate", "-o", "sim", "--size", "200k", "--contigs", "3")
        self.works("vocab", "kmer", "--k", "6", "--stride", "6", "-o", "k6.json")
        self.works("vocab", "kmer", "--k", "3", "-o", "overlapping.json")
        self.works("vocab", "pmi", "-g", "sim/genome.2bit", "--n", "6", "-o", "pmi.safetensors")

    def test_every_way_to_cut_is_a_row(self):
        self.works("analyze", "units", "-g", "sim/genome.2bit", "-a", "sim/truth.bed", "-m", "words=k6.json", "-m",
                   "overlapping.json", "--ngrams", "pmi.safetensors", "--view", "chr1:1,001-1,250", "--draws", "3",
                   "-o", "out")
        _, cut = self.rows("segmentations.tsv")
        self.assertEqual([row[0] for row in cut],
                         ["words", "overlapping", "PMI", "branching entropy", "every 3 bases, +0",
                          "every 3 bases, +1", "every 3 bases, +2", "oracle"])
        self.assertEqual(cut[1][2:], ["n/a", "n/a"])
        head, rows = self.rows("boundaries.tsv")
        recall = head.index("recall")
        oracle = [row for row in rows if row[0] == "oracle"]
        self.assertEqual({row[recall] for row in oracle}, {"1.0000"})
        self.assertEqual({row[1] for row in oracle}, {"motif", "splice", "codon"})
        _, kept = self.rows("stability.tsv")
        share = {(row[0], row[1]): row[4] for row in kept}
        self.assertEqual(share["words", "starts one base earlier"], "0.0000")
        self.assertEqual(share["PMI", "starts one base earlier"], "1.0000")
        self.assertEqual(share["PMI", "other strand"], "1.0000")
        self.assertNotIn(("oracle", "other strand"), share)
        page = (self.folder / "out" / "report.html").read_text()
        self.assertIn("units over chr1:1,001-1,250", page)
        self.assertIn(">1,201</text>", page)
        self.assertNotIn(">1,301</text>", page)

    def test_mistakes(self):
        units = ["analyze", "units", "-g", "sim/genome.2bit", "-o", "out"]
        self.fails(2, *units, says="-m")
        self.fails(2, *units, "-m", "k6.json", "--view", "chr1:1-6000", says=["--view", "5,000"])
        self.fails(2, *units, "-m", "k6.json", "-r", "chr1:1-2000", "--view", "chr1:3001-3100",
                   says=["--view", "not within"])
        self.fails(1, *units, "-m", "k6.json", "--view", "chr9:1-100", says="chr9")
        self.fails(1, *units, "-m", "nowhere.json", says="nowhere.json")
        self.write("empty.bed", "")
        self.fails(1, *units, "-m", "k6.json", "-R", "empty.bed", says=["empty.bed", "no region"])


if __name__ == "__main__":
    runner.main()

"""lexome analyze units: tables, the drawn sequence, what networks tell of their units, refusals."""
import re
import browser
import runner

TINY = runner.TINY.replace("[model]", """[vocab]
name = "nucleotide"
[model]
name = "mxdna"
nucleotide_layers = 1
token_layers = 1""").replace("layers = 1\nwidth", "width") + "[mask]\nname = \"random\"\n"


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
        # No network, nothing to look into.
        self.assertFalse((self.folder / "out/taps.tsv").exists())

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


@runner.needs_tensors
class Networks(runner.Case):
    rows = Units.rows

    def test_what_networks_tell_of_their_units(self):
        self.write("tiny.toml", TINY)
        self.works("simulate", "-o", "sim", "--size", "300k", "--contigs", "3")
        for name, *settings in (("deep",), ("plain", "deformable=false"), ("bases", "unit_layout=none")):
            more = [word for each in settings for word in ("--set", f"model.{each}")]
            self.works("pretrain", "-c", "tiny.toml", "-g", "sim/genome.2bit", "--device", "cpu", "--set", "train.lr=0.02",
                       *more, "-o", name)
        self.fails(2, "tokenize", "-m", "bases", "-g", "sim/genome.2bit", "--flank", "3", says=["--flank", "unit_layout"])
        self.works("analyze", "units", "-g", "sim/genome.2bit", "-r", "chr1:901-1,500", "-a", "sim/truth.bed", "-m", "deep",
                   "-m", "plain", "-m", "bases", "--draws", "2", "--view", "chr1:1,001-1,150", "--device", "cpu",
                   "-o", "out")
        self.taps()
        self.points()
        self.view()
        page = self.folder / "out/report.html"
        if browser.BROWSER and "report-data" in page.read_text():
            self.maps(page)

    def taps(self):
        head, taps = self.rows("taps.tsv")
        self.assertEqual([row[:3] for row in taps],
                         [["deep", network, tap] for network in ("trained", "untrained") for tap in ("-1", "+0", "+1")]
                         + [["plain", "trained", "n/a"], ["plain", "untrained", "n/a"]])
        spread, modulation = head.index("offset_sd"), head.index("modulation_mean")
        self.assertEqual({(row[spread], row[modulation]) for row in taps[3:6]}, {("0.0000", "1.0000")})
        self.assertNotEqual({row[modulation] for row in taps[:3]}, {"1.0000"})
        _, cut = self.rows("segmentations.tsv")
        self.assertIn("single bases", cut[2][1])
        self.assertEqual(cut[2][2], "n/a")

    def points(self):
        _, points = self.rows("embedding_map.tsv")
        self.assertEqual({(row[0], row[1]) for row in points},
                         {(name, network) for name in ("deep", "plain") for network in ("trained", "untrained")})
        for row in points:
            self.assertEqual(len(row[2]), int(row[3]))
            self.assertEqual(int(row[4]) + 1, int(row[3]), "experts 1 to 10 in order")
        _, about = self.rows("embeddings.tsv")
        for row in about:
            counted = sum(int(point[5]) for point in points if point[:2] == row[:2])
            self.assertEqual((counted, int(row[2])), (int(row[3]), 600))

    def view(self):
        # Units of the view stand side by side, three taps each.
        _, offsets = self.rows("offsets.tsv")
        self.assertEqual({row[0] for row in offsets}, {"deep"})
        spans = [(int(row[2]), int(row[3])) for row in offsets[::3]]
        self.assertTrue(spans[0][0] < 1010 and spans[-1][1] > 1140)
        self.assertEqual([row[5] for row in offsets[:3]], ["-1", "+0", "+1"])
        page = (self.folder / "out/report.html").read_text()
        self.assertIn(">taps</text>", page)
        self.assertIn("tap +1: offset", page)

    def maps(self, page):
        choose = """
            const seen = () => [...document.querySelectorAll("#map-1 circle")].map((dot) => dot.getAttribute("cx")).join();
            const before = seen(), map = [...document.querySelectorAll("#map-1 select")].pop();
            map.value = [...map.options].pop().value;
            map.dispatchEvent(new Event("input"));
            const look = () => {
              if (seen() === before || !seen()) return setTimeout(look, 50);
              document.body.append("moved:" + seen().includes("NaN") + ":" + seen() + ";");
            };
            look();
        """
        first, second = (browser.shown(self, page, "", choose, 30000) for _ in range(2))
        figures = re.findall(r'<figure class="plot" id="(map-\d)">(.*?)</figure>', first, re.S)
        self.assertEqual([name for name, _ in figures], ["map-1", "map-2", "map-3", "map-4"])
        for name, inside in figures:
            self.assertIn("<circle", inside, name)
        moved = re.search(r"moved:false:([^;]+);", first)
        self.assertTrue(moved, "the UMAP was drawn")
        self.assertEqual(moved.group(1), re.search(r"moved:false:([^;]+);", second).group(1), "from one seed")


if __name__ == "__main__":
    runner.main()

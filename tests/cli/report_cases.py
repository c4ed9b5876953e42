"""Reports of a made-up evaluation folder: the forms agree, and a real browser shows the page without a network."""
import re
import browser
import evaluation_folder
import runner


class Reports(runner.Case):
    def setUp(self):
        super().setUp()
        evaluation_folder.make(self.folder / "evaluation")

    def page(self):
        self.works("report", "evaluation", "-o", "report.html")
        return (self.folder / "report.html").read_text()

    def shown(self, address="", script=None):
        return browser.shown(self, self.folder / "report.html", address, script)

    def test_page_is_small_and_asks_for_nothing(self):
        page = self.page()
        self.assertLess(len(page.encode()), 3_000_000)
        self.assertEqual(re.findall(r'<(?:script|link|img|iframe)[^>]+(?:src|href)=', page), [])

    def test_known_truths_are_found(self):
        table = self.works("report", "evaluation", "-O", "tsv", "--no-version").splitlines()
        names = table[0].lstrip("#").split("\t")
        rows = [dict(zip(names, line.split("\t"))) for line in table[1:]]
        self.assertTrue(all(len(line.split("\t")) == len(names) for line in table))
        found = {row["task"]: row for row in rows
                 if row["model"] == "bert" and row["metric"] == "mcc" and row["shots"] == "50"}
        for task, _, _, gain in evaluation_folder.TASKS:
            row = found[task]
            self.assertEqual(row["against"], "kmer-lr", "the best baseline on dev")
            low, high = float(row["interval_low"]), float(row["interval_high"])
            self.assertEqual((low > 0) - (high < 0), (gain > 0) - (gain < 0), f"{task}: {low} to {high}")
            low, high = float(found[task]["unseen_low"]), float(found[task]["unseen_high"])
            self.assertLess(low, float(found[task]["unseen_difference"]))
            self.assertGreater(high, float(found[task]["unseen_difference"]))
        self.assertEqual([row["note"] for row in rows if row["role"] == "published"], ["other protocol"])
        self.assertTrue(any("43 rows, 50 wanted" in row["note"] for row in rows))

    def test_forms_agree(self):
        page, markdown = self.page(), self.works("report", "evaluation", "-O", "md")
        for title in ("Learning curves", "Training curves", "Tasks", "Calibration", "Confusion on test", "Audit of the data", "Compute"):
            self.assertIn(f"<h2>{title}</h2>", page)
        for title in ("Tasks", "Averages", "Calibration", "Audit of the data", "Compute"):
            self.assertRegex(markdown, f"(?m)^##+ {title}$")
        # Every number of the Markdown tables stands in the page.
        for number in set(re.findall(r"[-+]?\d\.\d{3}", markdown)):
            self.assertIn(number, page)

    def test_metrics_have_columns_of_their_own(self):
        heads = re.findall(r"<th[^>]*>([^<]*)</th>", self.page())
        self.assertIn("MCC, all 240 items", heads)
        self.assertEqual(heads[heads.index("MCC, all 240 items") + 1], "MCC, 216 non-overlapping")
        self.assertIn("accuracy, all 240 items", heads)
        self.assertNotIn("metric value", heads)

    def test_wrong_folders(self):
        (self.folder / "empty").mkdir()
        self.fails(1, "report", "empty", "-o", "x.html", says=["empty", "nothing to report on"])
        (self.folder / "evaluation/results.tsv").write_text("#task\tvalue\ntf/0\tmuch\n")
        self.fails(1, "report", "evaluation", "-o", "x.html", says=["results.tsv:2", "much"])

    @browser.needed
    def test_browser_draws_every_figure(self):
        self.page()
        shown = self.shown()
        figures = re.findall(r'<figure class="plot" id="([^"]+)">(.*?)</figure>', shown, re.S)
        # A forest, and four tasks with learning, reliability and training curves.
        self.assertEqual(len(figures), 13)
        for name, inside in figures:
            self.assertIn("<svg", inside, name)
            self.assertRegex(inside, r"<(path|circle|line)", name)
        self.assertNotRegex(shown, r"NaN(?![a-zA-Z])(?=[^<]*</(?:td|text)>)")
        self.assertNotIn("undefined</", shown)
        self.assertIn('<form class="filters"', shown)
        self.assertIn('class="sortable"', re.sub(r'class="[^"]*sortable"', 'class="sortable"', shown))

    @browser.needed
    def test_browser_sorts_filters_and_opens_recipes(self):
        page = self.page()
        link = re.search(r'href="#(recipe-\w+)"', page).group(1)
        shown = self.shown(f"#{link}", """
            const table = document.querySelector("#tasks table.sorts"), head = table.querySelectorAll("th button")[4];
            head.click();
            const column = () => [...table.tBodies[0].rows].map((row) => row.cells[4].textContent).filter(Boolean).map(parseFloat);
            const up = column();
            head.click();
            const down = column(), box = document.querySelector("form.filters input");
            box.value = "prom splice bert";
            box.dispatchEvent(new Event("input"));
            const left = [...document.querySelectorAll("#tasks tr[data-role]")].filter((row) => !row.hidden);
            const sorted = (list) => list.every((x, i) => i === 0 || list[i - 1] <= x);
            document.body.append("seen:" + [sorted(up), sorted(down.reverse()), up.length,
              table.querySelectorAll("[aria-sort]").length, left.length,
              document.getElementById(location.hash.slice(1)).open].join(","));
        """)
        # Two arms have "bert" in their name, at three numbers of shots each.
        self.assertIn("seen:true,true,15,1,6,true", shown)

    @browser.needed
    def test_browser_takes_the_theme_from_the_address(self):
        self.page()
        ask = 'document.body.append("ground:" + getComputedStyle(document.body).backgroundColor);'
        self.assertIn("ground:rgb(13, 17, 23)", self.shown("#dark", ask))
        self.assertIn("ground:rgb(255, 255, 255)", self.shown("#light", ask))


if __name__ == "__main__":
    runner.main()

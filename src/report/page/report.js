// Draws the plots of a lexome report from the JSON in the page. Tables are already in the HTML, so a reader
// without scripts loses only the pictures.
(() => {
  const data = JSON.parse(document.getElementById("report-data").textContent);
  const style = { background: "transparent", fontSize: "12px", color: "currentColor" };
  // Okabe and Ito's palette: told apart by readers with any kind of colour vision.
  const colours = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8C6D31", "#999999"];

  const append = (id, node) => {
    const place = document.getElementById(id);
    if (place && node) place.append(node);
  };

  // Scores: one row a model, a point a seed, a bar at the mean; one facet a task.
  const scores = data.scores || [];
  if (scores.length) {
    const models = [...new Set(scores.map((d) => d.model))];
    const longest = Math.max(...models.map((m) => m.length));
    append("plot-scores", Plot.plot({
      style, width: 860, marginLeft: Math.min(260, 30 + longest * 7), marginRight: 130, marginBottom: 40,
      x: { label: `${data.metric} on test`, grid: true },
      y: { label: null, domain: models }, fy: { label: null },
      color: { domain: models, range: colours },
      marks: [
        Plot.dot(scores, { x: "value", y: "model", fy: "task", fill: "model", r: 4, fillOpacity: 0.65,
          title: (d) => `${d.model}, seed ${d.seed}: ${d.value.toFixed(4)}` }),
        Plot.tickX(scores, Plot.groupY({ x: "mean" },
          { x: "value", y: "model", fy: "task", stroke: "model", strokeWidth: 3 })),
      ],
    }));
  }

  // Differences with intervals: a line from low to high, a point at the estimate, zero drawn through.
  const differences = data.differences || [];
  if (differences.length) {
    append("plot-differences", Plot.plot({
      style, width: 860, marginLeft: 260, marginBottom: 40,
      x: { label: `difference in ${data.metric}, 95 % interval`, grid: true }, y: { label: null },
      marks: [
        Plot.ruleX([0]),
        Plot.link(differences, { x1: "low", x2: "high", y1: "name", y2: "name", strokeWidth: 2 }),
        Plot.dot(differences, { x: "value", y: "name", fill: colours[0], r: 5 }),
      ],
    }));
  }

  // Curves: every group of columns that share an axis, one line a run.
  (data.curves || []).forEach((chart, i) => {
    append(`plot-curve-${i}`, Plot.plot({
      style, width: 420, height: 260, marginLeft: 58, marginBottom: 40, x: { label: "step" }, y: { label: chart.label, grid: true },
      color: { legend: chart.series.length > 1, domain: chart.series, range: colours },
      marks: [
        Plot.lineY(chart.points, { x: "step", y: "value", stroke: "series" }),
        chart.points.length <= 60 ? Plot.dot(chart.points, { x: "step", y: "value", fill: "series", r: 2 }) : null,
      ],
    }));
  });

  // Tables sort by a click on a heading; numbers by value.
  document.querySelectorAll("table.sorts").forEach((table) => {
    table.querySelectorAll("th").forEach((head, column) => {
      head.classList.add("sortable");
      let up = true;
      head.addEventListener("click", () => {
        const rows = [...table.tBodies[0].rows];
        const key = (row) => row.cells[column].dataset.value ?? row.cells[column].textContent;
        rows.sort((a, b) => {
          const x = key(a), y = key(b), numeric = x !== "" && y !== "" && !isNaN(x) && !isNaN(y);
          return (up ? 1 : -1) * (numeric ? x - y : x.localeCompare(y));
        });
        up = !up;
        rows.forEach((row) => table.tBodies[0].append(row));
      });
    });
  });
})();

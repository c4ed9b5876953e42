// Draws the figures of a lexome report from the JSON in the page, one function a kind of figure. Tables are
// already in the HTML, so a reader without scripts loses only the pictures.
(() => {
  const figures = JSON.parse(document.getElementById("report-data").textContent);
  const style = { background: "transparent", fontSize: "12px", color: "currentColor" };
  // Okabe and Ito's palette: told apart by readers with any kind of colour vision.
  const colours = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8C6D31", "#999999", "#7E57C2"];
  const dashes = { baseline: "6 4", scratch: "1.5 4" };

  const pen = document.createElement("canvas").getContext("2d");
  pen.font = "12px system-ui, sans-serif";
  const widest = (names) => Math.max(0, ...names.map((name) => pen.measureText(name).width));
  const distinct = (values) => [...new Set(values)];
  const signed = (value) => (value === null ? "?" : (value < 0 ? "−" : "+") + Math.abs(value).toFixed(3));
  // Wide enough for the longest name, and never more than half of the picture.
  const margin = (names, width) => Math.min(width / 2, Math.ceil(widest(names)) + 22);
  const shorten = (name, room) => {
    if (pen.measureText(name).width <= room) return name;
    let text = name;
    while (text.length > 3 && pen.measureText(text + "…").width > room) text = text.slice(0, -1);
    return text + "…";
  };
  const narrow = () => Math.min(1080, Math.max(320, document.querySelector("main").clientWidth - 36));

  // A labelled choice.
  const picker = (text, values, chosen) => {
    const wrap = document.createElement("label"), select = document.createElement("select");
    select.append(...values.map((one) => new Option(one)));
    select.addEventListener("input", () => chosen(select.value));
    wrap.className = "pick";
    wrap.append(text + " ", select);
    return wrap;
  };

  // Scores: a point a seed, a bar at the mean; one row a model, one panel a task.
  const scores = ({ metric, points }) => {
    const models = distinct(points.map((d) => d.model)), tasks = distinct(points.map((d) => d.task)), width = narrow();
    return Plot.plot({
      style, width, marginLeft: margin(models, width), marginRight: margin(tasks, width / 2), marginBottom: 40,
      ariaLabel: `${metric} on test`,
      x: { label: `${metric} on test`, grid: true }, y: { label: null, domain: models }, fy: { label: null },
      color: { domain: models, range: colours },
      marks: [
        Plot.dot(points, { x: "value", y: "model", fy: "task", fill: "model", r: 4, fillOpacity: 0.65,
          title: (d) => `${d.model}, seed ${d.seed}: ${d.value.toFixed(4)}` }),
        Plot.tickX(points, Plot.groupY({ x: "mean" }, { x: "value", y: "model", fy: "task", stroke: "model", strokeWidth: 3 })),
      ],
    });
  };

  // Differences with intervals: a line from low to high, a point at the estimate, zero drawn through.
  const differences = ({ label, lines }) => {
    const width = narrow(), left = margin(lines.map((d) => d.name), width);
    return Plot.plot({
      style, width, marginLeft: left, marginBottom: 40, ariaLabel: label,
      x: { label, grid: true }, y: { label: null, tickFormat: (name) => shorten(name, left - 20), domain: lines.map((d) => d.name) },
      marks: [
        Plot.ruleX([0]),
        Plot.link(lines, { x1: "low", x2: "high", y1: "name", y2: "name", strokeWidth: 2 }),
        Plot.dot(lines, { x: "value", y: "name", fill: colours[0], r: 5, title: (d) => `${d.name}: ${signed(d.value)}` }),
      ],
    });
  };

  // One chart a logged name, one line a run.
  const curve = ({ label, series, points }) => Plot.plot({
    style, width: 420, height: 260, marginLeft: 58, marginBottom: 40, ariaLabel: `${label} against step`,
    x: { label: "step" }, y: { label, grid: true },
    color: { legend: series.length > 1, domain: series, range: colours },
    marks: [
      Plot.lineY(points, { x: "step", y: "value", stroke: "series" }),
      points.length <= 60 ? Plot.dot(points, { x: "step", y: "value", fill: "series", r: 2 }) : null,
    ],
  });

  const styleOf = (arms) => {
    const known = new Map(arms.map((one) => [one.arm, one]));
    return {
      colour: (d) => known.get(d.arm)?.colour ?? "#999999",
      dash: (d) => dashes[known.get(d.arm)?.role] ?? null,
    };
  };

  // The forest: one panel a group and metric, panels of one metric on one axis, a row a task with its arms
  // side by side.
  const forest = ({ lines, shots, arms }) => {
    const place = document.createElement("div"), picture = document.createElement("div");
    const look = styleOf(arms);
    const draw = (chosen) => {
      const here = lines.filter((d) => d.shots === chosen && d.value !== null), width = narrow();
      const names = distinct(here.map((d) => d.task)), left = margin(names, width);
      const bounds = new Map(distinct(here.map((d) => d.metric)).map((metric) => {
        const of = here.filter((d) => d.metric === metric).flatMap((d) => [d.value, d.low ?? d.value, d.high ?? d.value]);
        const low = Math.min(0, ...of), high = Math.max(0, ...of), pad = 0.04 * (high - low || 1);
        return [metric, [low - pad, high + pad]];
      }));
      const panels = distinct(here.map((d) => JSON.stringify([d.group, d.metric]))).map((text) => JSON.parse(text));
      picture.replaceChildren(...panels.flatMap(([group, metric], i) => {
        const part = here.filter((d) => d.group === group && d.metric === metric);
        const inside = arms.map((one) => one.arm).filter((arm) => part.some((d) => d.arm === arm));
        const tasks = distinct(part.map((d) => d.task)), title = document.createElement("p");
        const last = i + 1 === panels.length || panels[i + 1][1] !== metric;
        title.className = "panel";
        title.textContent = `${group} (${metric})`;
        return [title, Plot.plot({
          style, width, marginLeft: left, marginRight: 20, marginTop: 4, marginBottom: last ? 40 : 8,
          height: tasks.length * Math.max(26, 6 + 13 * inside.length) + (last ? 44 : 12),
          ariaLabel: `Differences to the best baseline in ${metric}, ${group}`,
          x: { domain: bounds.get(metric), grid: true, axis: last ? "bottom" : null, label: `difference in ${metric}, 95 % interval →`, labelAnchor: "right", tickFormat: (x) => (x === 0 ? "0" : (x < 0 ? "−" : "+") + d3.format(".3~f")(Math.abs(x))) },
          y: { domain: inside, axis: null, padding: 0.35 },
          fy: { domain: tasks, axis: "left", label: null, padding: 0.12, tickFormat: (name) => shorten(name, left - 16) },
          marks: [
            Plot.frame({ stroke: "currentColor", strokeOpacity: 0.12 }),
            Plot.ruleX([0], { strokeOpacity: 0.7 }),
            Plot.link(part.filter((d) => d.low !== null), { x1: "low", x2: "high", y1: "arm", y2: "arm", fy: "task", stroke: look.colour, strokeWidth: 2 }),
            Plot.dot(part, { x: "value", y: "arm", fy: "task", r: 4, stroke: look.colour, strokeWidth: 2,
              fill: (d) => (d.decided ? look.colour(d) : "var(--card)"),
              title: (d) => `${d.arm} − ${d.against} on ${d.task}: ${signed(d.value)} ${d.metric} (${signed(d.low)} to ${signed(d.high)}); ${d.words}` }),
          ],
        })];
      }));
      if (!here.length) picture.textContent = "No differences at this number of shots.";
    };
    if (shots.length > 1) {
      const pick = picker("Shots", shots, draw);
      pick.lastChild.value = shots[shots.length - 1];
      place.append(pick);
    }
    place.append(picture);
    draw(shots[shots.length - 1]);
    return place;
  };

  const learning = ({ label, ticks, points, arms }) => {
    const look = styleOf(arms), at = new Map(ticks.map((tick) => [tick.x, tick.label]));
    const order = arms.map((one) => one.arm), inside = order.filter((arm) => points.some((d) => d.arm === arm));
    // Bars of arms at one number of shots stand beside each other.
    const nudge = (d) => 1 + 0.035 * (inside.indexOf(d.arm) - (inside.length - 1) / 2);
    const shown = points.map((d) => ({ ...d, at: d.x * nudge(d) }));
    return Plot.plot({
      style, width: 430, height: 280, marginLeft: 46, marginRight: 18, marginBottom: 40, marginTop: 30, ariaLabel: `${label} against shots`,
      x: { type: "log", label: "training rows a class", ticks: ticks.map((tick) => tick.x), tickFormat: (x) => at.get(x) ?? "",
        domain: [ticks[0].x * 0.8, ticks[ticks.length - 1].x * 1.25] },
      y: { label, grid: true, nice: true, ticks: 6 },
      marks: [
        ...inside.map((arm) => {
          const mine = shown.filter((d) => d.arm === arm);
          return Plot.lineY(mine, { x: "at", y: "mean", stroke: look.colour(mine[0]), strokeDasharray: look.dash(mine[0]), strokeLinecap: "round", strokeWidth: 1.8 });
        }),
        Plot.link(shown.filter((d) => d.deviation !== null), { x1: "at", x2: "at", y1: (d) => d.mean - d.deviation, y2: (d) => d.mean + d.deviation,
          stroke: look.colour, strokeWidth: 1.5, strokeOpacity: 0.6 }),
        Plot.dot(shown, { x: "at", y: "mean", fill: look.colour, r: 3,
          title: (d) => `${d.arm}, shots: ${d.shots}: ${d.mean.toFixed(3)}${d.deviation === null ? "" : " ± " + d.deviation.toFixed(3)}, ${d.runs} runs` }),
      ],
    });
  };

  const reliability = ({ label, points, arms }) => {
    const look = styleOf(arms);
    return Plot.plot({
      style, width: 430, height: 300, marginLeft: 46, marginBottom: 40, marginTop: 30, ariaLabel: `Reliability, ${label}`,
      x: { domain: [0, 1], label: "predicted probability", ticks: 5, grid: true }, y: { domain: [0, 1], label: `${label}: observed share`, ticks: 5, grid: true },
      marks: [
        Plot.line([[0, 0], [1, 1]], { stroke: "currentColor", strokeOpacity: 0.4, strokeWidth: 3 }),
        ...distinct(points.map((d) => d.arm)).map((arm) => {
          const mine = points.filter((d) => d.arm === arm);
          return Plot.lineY(mine, { x: "predicted", y: "observed", stroke: look.colour(mine[0]), strokeDasharray: look.dash(mine[0]), strokeLinecap: "round", strokeWidth: 1.8 });
        }),
        Plot.dot(points, { x: "predicted", y: "observed", fill: look.colour, r: 2.5,
          title: (d) => `${d.arm}: ${d.predicted.toFixed(3)} predicted, ${d.observed.toFixed(3)} observed, ${d.n} items` }),
      ],
    });
  };

  // Along a genome: mutations by class, genes, and what an edit at a defining site changes.
  const track = ({ length, classes, mutations, genes, edits }) => {
    const width = narrow(), place = document.createElement("div"), names = distinct(edits.map((d) => d.name));
    const left = margin(classes.concat(names), width), right = 40, x = { domain: [0, length], label: "position", tickFormat: ",d" };
    place.append(Plot.plot({
      style, width, marginLeft: left, marginRight: right, height: 40 * classes.length + 60, ariaLabel: "Mutations along the genome",
      x, y: { domain: [0, 1], axis: null }, fy: { domain: classes, label: null }, color: { domain: classes, range: colours },
      marks: [
        Plot.ruleY([0], { strokeOpacity: 0.3 }),
        Plot.ruleX(mutations, { x: "pos", y: "share", fy: "class", stroke: "class", strokeOpacity: 0.45 }),
        Plot.dot(mutations.filter((d) => d.site), { x: "pos", y: "share", fy: "class", fill: "class", r: 2.5,
          title: (d) => `${d.class}: position ${d.pos}, ${(100 * d.share).toFixed(0)} % of its genomes` }),
      ],
    }));
    if (genes.length) place.append(Plot.plot({
      style, width, marginLeft: left, marginRight: right, height: 46, axis: null, x: { domain: [0, length] }, ariaLabel: "Genes",
      marks: [
        Plot.rectX(genes, { x1: "start", x2: "end", fill: "currentColor", fillOpacity: 0.15, title: "name" }),
        Plot.text(genes.filter((d) => (d.end - d.start) / length > 0.03), { x: (d) => (d.start + d.end) / 2, text: "name" }),
      ],
    }));
    if (edits.length) place.append(Plot.plot({
      style, width, marginLeft: left, marginRight: right, height: 50 * names.length + 60, ariaLabel: "Bases that read otherwise after an edit",
      x, y: { label: null, ticks: 2, axis: "right" }, fy: { domain: names, label: null, axis: "left", padding: 0.25 },
      marks: [Plot.ruleY([0], { strokeOpacity: 0.3 }), Plot.ruleX(edits, { x: "pos", y: "changed", fy: "name", stroke: colours[0],
        title: (d) => `${d.name}: position ${d.pos}, ${d.changed} bases read otherwise` })],
    }));
    return place;
  };

  // Numbers in [0, 1) that are the same at every opening of the page: xorshift (Marsaglia 2003).
  const generator = (seed) => {
    let state = (seed ^ 0x9e3779b9) | 0 || 1;
    return () => {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      return (state >>> 0) / 4294967296;
    };
  };

  // UMAP's places, worked out in slices so that the page stays alive.
  const neighbours = 15;
  const umapPlaces = (vectors, seed, said) => new Promise((done) => {
    const umap = new UMAP.UMAP({ nNeighbors: neighbours, random: generator(seed) }), epochs = umap.initializeFit(vectors);
    let epoch = 0;
    const slice = () => {
      for (const until = performance.now() + 50; epoch < epochs && performance.now() < until; epoch += 1) umap.step();
      if (epoch === epochs) return done(umap.getEmbedding());
      said(`UMAP: ${epoch} of ${epochs} steps`);
      setTimeout(slice);
    };
    slice();
  });

  // Points with their principal components: the first two, or a UMAP of all; coloured as the reader likes.
  const pointMap = ({ name, axes, colourings, points, seed }) => {
    const place = document.createElement("div"), picture = document.createElement("div"), said = document.createElement("p");
    const maps = ["principal components"], umap = "UMAP (an illustration)", crosses = points.some((d) => d.crossed);
    if (typeof UMAP !== "undefined" && points.length > neighbours) maps.push(umap);
    const vectors = points.map((d) => d.at);
    let shown = maps[0], colouring = 0, fitted = null;
    const draw = (at) => {
      const { classes, colours } = colourings[colouring], mine = (d) => d.classes[colouring];
      const present = d3.sort(distinct(points.map(mine))), ticks = shown === umap ? [] : 5;
      picture.replaceChildren(Plot.plot({
        style, width: Math.min(narrow(), 720), height: 460, marginTop: 30, marginLeft: 56, marginBottom: 40, inset: 6, ariaLabel: `${name}, ${shown}`,
        x: { label: shown === umap ? null : axes[0], ticks }, y: { label: shown === umap ? null : axes[1], ticks },
        color: { legend: true, domain: present.map((c) => classes[c]), range: present.map((c) => colours[c]) },
        symbol: crosses ? { domain: [false, true], range: ["circle", "times"] } : {},
        marks: [Plot.frame({ stroke: "currentColor", strokeOpacity: 0.15 }), Plot.dot(points, {
          x: (d, i) => at[i][0], y: (d, i) => at[i][1], stroke: (d) => classes[mine(d)], r: points.length > 1000 ? 2 : 3.2,
          symbol: crosses ? "crossed" : "circle", strokeOpacity: 0.8,
          title: (d) => [d.title, ...colourings.map((one, i) => `${one.name}: ${one.classes[d.classes[i]]}`)].join("\n") })],
      }));
    };
    const fit = async () => {
      said.textContent = "UMAP: looking for neighbours";
      await new Promise((painted) => { setTimeout(painted, 30); });
      const places = await umapPlaces(vectors, seed, (text) => { said.textContent = text; });
      said.textContent = "";
      return places;
    };
    const show = async (map) => {
      shown = map;
      const at = map === umap ? await (fitted ??= fit()) : vectors;
      if (map === shown) draw(at);
    };
    said.className = "note";
    if (colourings.length > 1) {
      const names = colourings.map((one) => one.name);
      place.append(picker("Colour", names, (chosen) => { colouring = names.indexOf(chosen); show(shown); }));
    }
    if (maps.length > 1) place.append(picker("Map", maps, show));
    place.append(said, picture);
    draw(vectors);
    return place;
  };

  const kinds = { pointMap, scores, differences, curve, forest, learning, reliability, track };
  figures.forEach(({ id, kind, data }) => document.getElementById(id).prepend(kinds[kind](data)));
})();

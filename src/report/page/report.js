// What a lexome report does besides drawing: light or dark, tables that sort and filter, recipes that open
// when a link leads to them. Without scripts the page still holds every number.
(() => {
  const root = document.documentElement;

  // Light or dark: as the system has it, until the button or the address (#dark, #light) says otherwise.
  const themes = ["light", "dark"];
  const button = document.getElementById("theme");
  const isDark = () => (root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const label = () => { button.textContent = isDark() ? "Light page" : "Dark page"; };
  button.hidden = false;
  button.addEventListener("click", () => { root.dataset.theme = isDark() ? "light" : "dark"; label(); });

  // A link into something folded opens it first.
  const follow = () => {
    const name = decodeURIComponent(location.hash.slice(1));
    if (themes.includes(name)) root.dataset.theme = name;
    label();
    const target = name && document.getElementById(name);
    if (!target) return;
    for (let fold = target.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    target.scrollIntoView();
  };
  addEventListener("hashchange", follow);
  follow();

  // Numbers sort by their first number: "0.81 ± 0.02", "1,234", "+0.1 to +0.2"; "all" shots are more than any.
  const number = (text) => text.trim() === "all" ? Infinity : parseFloat(text.replace(/,/g, ""));
  const scale = { k: 1e3, M: 1e6, G: 1e9 };
  const size = (text) => {
    const found = /^([\d.]+) ([kMG])$/.exec(text.trim());
    return found ? found[1] * scale[found[2]] : number(text);
  };
  const compare = (x, y) => {
    if ((x.trim() === "") !== (y.trim() === "")) return x.trim() === "" ? 1 : -1;
    const a = size(x), b = size(y);
    if (Number.isNaN(a) || Number.isNaN(b)) return x.localeCompare(y, undefined, { numeric: true });
    return a === b ? 0 : a - b;
  };
  document.querySelectorAll("table.sorts").forEach((table) => {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      if (head.classList.contains("fixed")) return;
      const name = head.textContent;
      const sort = document.createElement("button");
      sort.type = "button";
      sort.textContent = name;
      sort.title = `Sort by ${name}`;
      head.replaceChildren(sort);
      head.scope = "col";
      head.classList.add("sortable");
      sort.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") === "ascending";
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const body = table.tBodies[0];
        const text = (row) => row.cells[column].textContent;
        body.append(...[...body.rows].sort((a, b) => (down ? -1 : 1) * compare(text(a), text(b))));
      });
    });
  });

  // One filter for all tables whose rows say their role.
  const rows = [...document.querySelectorAll("tr[data-role]")];
  if (rows.length) {
    const bar = document.createElement("form");
    bar.className = "filters";
    bar.setAttribute("aria-label", "Filter the tables");
    bar.addEventListener("submit", (event) => event.preventDefault());
    const add = (text, control) => {
      const wrap = document.createElement("label");
      wrap.append(text, control);
      bar.append(wrap);
      control.addEventListener("input", apply);
      return control;
    };
    const choice = (values, all) => {
      const select = document.createElement("select");
      select.append(new Option(all, ""), ...values.map((value) => new Option(value)));
      return select;
    };
    const distinct = (key) => [...new Set(rows.map((row) => row.dataset[key]).filter(Boolean))];
    const words = document.createElement("input");
    words.type = "search";
    words.placeholder = "task or model";
    const more = document.createElement("input");
    more.type = "checkbox";
    const said = document.createElement("output");
    add("Filter ", words);
    const role = add("Role ", choice(distinct("role"), "every role"));
    const shots = add("Shots ", choice(distinct("shots").sort(compare), "any number"));
    if (document.querySelector("th.extra")) add("All columns ", more);
    bar.append(said);
    // A task's own name stands above its table, not in its rows.
    const title = (row) => row.closest("details.fold")?.querySelector("summary").textContent ?? "";
    const texts = rows.map((row) => `${title(row)} ${row.textContent}`.toLowerCase());
    function apply() {
      const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      rows.forEach((row, i) => {
        row.hidden = !(wanted.every((word) => texts[i].includes(word)) &&
          (!role.value || row.dataset.role === role.value) && (!shots.value || row.dataset.shots === shots.value));
        shown += row.hidden ? 0 : 1;
      });
      said.textContent = shown === rows.length ? "" : `${shown} of ${rows.length} rows`;
      document.body.classList.toggle("all-columns", more.checked);
    }
    document.querySelector("main").prepend(bar);
  }

  // Paper has no clicks: what is folded is printed open, except the recipes.
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details.fold:not([open])")];
    opened.forEach((fold) => { fold.open = true; });
  });
  addEventListener("afterprint", () => { opened.forEach((fold) => { fold.open = false; }); });
})();

// Brings the page to life; without it the findings and a plain table stay readable.
const options = (name) => {
  const counts = new Map();
  for (const value of COLUMNS[name]) counts.set(value, (counts.get(value) || 0) + 1);
  const known = [...counts].map(([value, number]) => [value, TEXTS[value] || say("none"), number]);
  const words = { state: STATES.map(([word, , said]) => [word, said]), change: CHANGES }[name];
  if (words) {
    return words.map(([word, said]) => [known.find(([, w]) => w === word), said])
      .filter(([found]) => found).map(([[value, , number], said]) => [value, said, number]);
  }
  return known.sort((a, b) => a[1].localeCompare(b[1], LANGUAGE, { numeric: true }));
};

const fillForm = () => {
  for (const name of FILTERS) {
    field(name).append(make("option", { value: "" }, say("all")), ...options(name).map(
      ([value, words, number]) => make("option", { value }, `${words} (${grouped(number)})`)));
  }
  for (const { key, title, number } of TABLE) {
    const look = number ? "number" : null;
    field("head").append(make("th",
      { role: "columnheader", scope: "col", "data-key": key, class: look },
      make("button", { type: "button" }, title, " ",
        make("span", { class: "arrow", "aria-hidden": "true" }))));
    field("sort").append(make("option", { value: key }, `${title} ▲`),
      make("option", { value: `-${key}` }, `${title} ▼`));
  }
};

const openRow = (row) => { show(row); mark(); remember(); };

const mark = () => {
  const place = view.rows.indexOf(panel.row);
  field("previous").disabled = place <= 0;
  field("next").disabled = place < 0 || place >= view.rows.length - 1;
};

const step = (by) => {
  const row = view.rows[view.rows.indexOf(panel.row) + by];
  if (view.rows.includes(panel.row) && row !== undefined) openRow(row);
};

/** After closing, the focus goes to the resource that was looked at last, where it is shown. */
const closed = () => {
  const opened = field("rows").querySelector(`tr[data-row="${panel.row}"] .open`);
  if (opened && document.activeElement !== opened && panel.from !== "card") opened.focus();
  panel.from = "";
  remember();
};

const listenToPanel = () => {
  field("close").addEventListener("click", () => PANEL.close());
  field("previous").addEventListener("click", () => step(-1));
  field("next").addEventListener("click", () => step(1));
  PANEL.addEventListener("click", (event) => { if (event.target === PANEL) PANEL.close(); });
  PANEL.addEventListener("close", closed);
  PANEL.addEventListener("keydown", (event) => {
    if (event.key === "ArrowLeft") step(-1);
    if (event.key === "ArrowRight") step(1);
  });
  new ResizeObserver(() => { if (PANEL.open) paint(); }).observe(PANEL);
};

const listenToTable = () => {
  field("head").addEventListener("click", (event) => {
    const head = event.target.closest("th");
    if (head) sortBy(head.dataset.key, head.dataset.key === view.sort && !view.down);
  });
  field("rows").addEventListener("click", (event) => {
    const row = event.target.closest("tr");
    if (row && !String(getSelection())) openRow(Number(row.dataset.row));
  });
  field("rows").addEventListener("keydown", (event) => {
    const row = event.target.closest("tr");
    const other = { ArrowDown: row.nextElementSibling, ArrowUp: row.previousElementSibling }[event.key];
    if (!other) return;
    event.preventDefault();
    other.querySelector(".open").focus();
  });
  field("back").addEventListener("click", () => turn(-1));
  field("forth").addEventListener("click", () => turn(1));
};

const clear = () => {
  for (const name of ["search", ...FILTERS]) field(name).value = "";
  apply();
  remember();
};

const listenToForm = () => {
  const form = field("filter");
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", (event) => { if (event.target.id !== "sort") apply(); });
  form.addEventListener("change", (event) => {
    const { id, value } = event.target;
    if (id === "sort") sortBy(value.replace("-", ""), value.startsWith("-"));
    else remember();
  });
  field("reset").addEventListener("click", () => { clear(); field("search").focus(); });
  document.addEventListener("keydown", (event) => {
    const typing = /^(INPUT|SELECT)$/.test(document.activeElement.tagName);
    const modified = event.ctrlKey || event.metaKey || event.altKey;
    if (event.key === "/" && !typing && !modified && !PANEL.open) {
      event.preventDefault();
      field("search").focus();
    }
  });
};

/** Counts and cards of the plain page become buttons. */
const liven = () => {
  for (const item of document.querySelectorAll("[data-show]")) {
    const button = make("button", { type: "button" }, ...item.childNodes);
    button.addEventListener("click", () => {
      clear();
      choose("state", item.dataset.show);
      apply();
      remember();
      document.getElementById("all").scrollIntoView({ block: "start" });
    });
    item.classList.add("chooses");
    item.append(button);
  }
  for (const days of document.querySelectorAll(".card .strip")) days.replaceWith(strip(days.textContent));
  for (const legend of document.querySelectorAll(".legend")) {
    legend.replaceChildren(...legend.textContent.split("  ").map((words) => make("span", {},
      strip(words[0]), words.slice(1))));
  }
  for (const card of document.querySelectorAll(".card[data-row]")) {
    const label = say("Details of {name}", { name: card.querySelector("strong").textContent });
    const button = make("button", { type: "button", class: "more", "aria-label": label }, say("Details"));
    button.addEventListener("click", () => {
      panel.from = "card";
      openRow(Number(card.dataset.row));
    });
    card.classList.add("opens");
    card.querySelector(".title").append(button);
  }
};

/** On paper stands everything that is not fine, whatever is filtered. */
const printRow = (row) => {
  const state = text("state", row);
  const wrong = checksOf(row).filter((check) => check.outcome !== "pass");
  return make("tr", {}, make("td", { class: `state ${state}` }, `${symbol(state)} ${stateWord(state)}`),
    make("td", {}, lines(COLUMNS.name[row], COLUMNS.id[row])),
    make("td", {}, lines(text("region", row), text("account", row))),
    make("td", {}, text("policy", row) || say("none")),
    make("td", {}, wrong.map(sentence).reduce(follow, "").trim()),
    make("td", {}, COLUMNS.last[row] === null ? say("none") : when(COLUMNS.last[row])));
};
const fillPrint = () => {
  const rows = COLUMNS.name.map((_, row) => row).filter((row) => text("state", row) !== "pass");
  const titles = [say("State"), say("Resource"), say("Where"), say("Policy"), say("What is wrong"),
    say("Last good backup")];
  field("print").replaceChildren(
    make("p", {}, count(
      "{number} of {n} resource are not fine; the others are not printed.",
      "{number} of {n} resources are not fine; the others are not printed.",
      COUNT, { number: grouped(rows.length) })),
    make("table", { class: "plain" },
      make("thead", {}, make("tr", {}, titles.map((title) => make("th", { scope: "col" }, title)))),
      make("tbody", {}, rows.map(printRow))));
};

if (COUNT) {
  fillForm();
  listenToForm();
  listenToTable();
  listenToPanel();
  liven();
  field("filter").hidden = false;
  field("resources").hidden = false;
  recall();
  addEventListener("hashchange", () => { if (location.hash.includes("=")) recall(); });
  addEventListener("beforeprint", fillPrint);
  addEventListener("afterprint", () => field("print").replaceChildren());
}

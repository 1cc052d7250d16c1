// Every resource: filter, sort, a hundred rows at a time. Only what is shown is in the document.
const SIZE = 100;
const field = (id) => document.getElementById(id);
const FILTERS = ["state", "policy", "source", "region", "change"].filter(field);
const view = { sort: "state", down: false, page: 0, rows: [] };

const quiet = (words) => make("span", { class: "quiet" }, words);
const lines = (first, second) => [first, make("br"), quiet(second)];

const NAME = (row) => lines(make("button", { type: "button", class: "open" }, COLUMNS.name[row]), COLUMNS.id[row]);
const LAST = (row) => {
  const at = COLUMNS.last[row];
  return at === null ? say("none") : lines(when(at), relative(at));
};
const DAYS = (row) => [strip(text("days", row)), make("span", { class: "unseen" }, text("daysSaid", row))];
const SIZED = (row) => (COLUMNS.size[row] === null ? "–" : size(COLUMNS.size[row]));
const STATE = (row) => {
  const state = `${symbol(text("state", row))} ${stateWord(text("state", row))}`;
  const isNews = text("change", row) && text("change", row) !== "ongoing";
  return isNews ? lines(state, changeWord(row)) : state;
};

const TABLE = [
  { key: "state", title: say("State"), cell: STATE },
  { key: "name", title: say("Resource"), cell: NAME },
  { key: "source", title: say("Source"), cell: (row) => text("source", row) },
  { key: "region", title: say("Where"), cell: (row) => lines(text("region", row), text("account", row)) },
  { key: "policy", title: say("Policy"), cell: (row) => text("policy", row) || say("none") },
  { key: "last", title: say("Last good backup"), cell: LAST },
  { key: "size", title: say("Size"), number: true, cell: SIZED },
  { key: "backups", title: say("Backups"), number: true, cell: (row) => grouped(COLUMNS.backups[row]) },
  { key: "days", title: say("Last 14 days"), cell: DAYS },
];

/** Values to compare by: numbers for all columns, so that sorting is quick; made when first needed. */
const keys = new Map();
const keysOf = (column) => {
  if (!keys.has(column)) keys.set(column, makeKeys(column));
  return keys.get(column);
};
const makeKeys = (column) => {
  if (column === "state") return COLUMNS.name.map((_, row) => row); // as the report has it: worst first
  if (column === "last" || column === "size") return COLUMNS[column].map((value) => value ?? -1);
  if (column === "backups") return COLUMNS.backups;
  if (column === "days") return COLUMNS.days.map((n) => TEXTS[n].split("●").length);
  const words = column === "name" ? COLUMNS.name : COLUMNS[column].map((n) => TEXTS[n]);
  const order = new Intl.Collator(LANGUAGE, { numeric: true }).compare;
  const ranks = new Map([...new Set(words)].sort(order).map((word, rank) => [word, rank]));
  return words.map((word) => ranks.get(word));
};

const haystack = (() => {
  let all = null;
  const of = (row) => ["source", "account", "region", "zone", "policy", "owner", "state"]
    .map((column) => text(column, row)).concat(stateWord(text("state", row)), COLUMNS.name[row], COLUMNS.id[row]).join("\n").toLowerCase();
  return () => { all = all || COLUMNS.name.map((_, row) => of(row)); return all; };
})();

const find = () => {
  const wanted = field("search").value.toLowerCase().split(/\s+/).filter(Boolean);
  const exact = FILTERS.filter((name) => field(name).value !== "")
    .map((name) => [COLUMNS[name], Number(field(name).value)]);
  const texts = wanted.length ? haystack() : null;
  const found = [];
  for (let row = 0; row < COUNT; row += 1) {
    if (exact.every(([column, value]) => column[row] === value)
      && wanted.every((word) => texts[row].includes(word))) found.push(row);
  }
  const key = keysOf(view.sort);
  const sign = view.down ? -1 : 1;
  return found.sort((a, b) => sign * (key[a] - key[b]) || a - b);
};

const rowOf = (row) => {
  const state = text("state", row);
  return make("tr", { role: "row", "data-row": row }, TABLE.map((column) => make("td", {
    role: "cell", "data-title": column.title,
    class: [column.key, column.number ? "number" : "", column.key === "state" ? state : ""].join(" ").trim(),
  }, make("div", {}, column.cell(row)))));
};

const fill = () => {
  const first = view.page * SIZE;
  field("rows").replaceChildren(...view.rows.slice(first, first + SIZE).map(rowOf));
  const pages = Math.ceil(view.rows.length / SIZE);
  field("pager").hidden = pages < 2;
  const end = Math.min(first + SIZE, view.rows.length);
  field("place").textContent = say("{first} to {last} of {total}",
    { first: grouped(first + 1), last: grouped(end), total: grouped(view.rows.length) });
  field("back").disabled = view.page === 0;
  field("forth").disabled = view.page >= pages - 1;
};

const turn = (by) => {
  view.page += by;
  fill();
  field("resources").scrollIntoView({ block: "start" });
};

const markHeads = () => {
  for (const head of field("head").children) {
    const sorted = head.dataset.key === view.sort;
    head.setAttribute("aria-sort", sorted ? (view.down ? "descending" : "ascending") : "none");
    head.querySelector(".arrow").textContent = sorted ? (view.down ? "▼" : "▲") : "";
  }
  field("sort").value = `${view.down ? "-" : ""}${view.sort}`;
};

const apply = () => {
  view.rows = find();
  view.page = 0;
  fill();
  markHeads();
  const zone = CLOCK.resolvedOptions().timeZone;
  const numbers = { number: grouped(view.rows.length), total: grouped(COUNT) };
  field("shown").textContent = view.rows.length
    ? say("{number} of {total} shown; times are in {zone}", { ...numbers, zone })
    : say("{number} of {total} shown: nothing is like this", numbers);
  field("reset").hidden = !field("search").value && FILTERS.every((name) => !field(name).value);
};

const sortBy = (column, down) => {
  view.sort = column;
  view.down = down;
  apply();
  remember();
};

// The filters stand in the address, so that a view can be sent to somebody.

const remember = () => {
  const words = new URLSearchParams();
  if (field("search").value) words.set("search", field("search").value);
  for (const name of FILTERS) {
    if (field(name).value) words.set(name, TEXTS[Number(field(name).value)] || "none");
  }
  if (view.sort !== "state" || view.down) words.set("sort", `${view.down ? "-" : ""}${view.sort}`);
  if (PANEL.open) words.set("open", COLUMNS.id[panel.row]);
  try {
    history.replaceState(null, "", `#${words}`);
  } catch {
    // Some viewers do not let a page change its address; the page works without.
  }
};

/** Choose by what the report says, "none" for nothing; what is not in the list chooses all. */
const choose = (name, wanted) => {
  const option = [...field(name).options]
    .find(({ value }) => value && (TEXTS[Number(value)] || "none") === wanted);
  field(name).value = option ? option.value : "";
};

const recall = () => {
  const words = new URLSearchParams(location.hash.slice(1));
  field("search").value = words.get("search") || "";
  for (const name of FILTERS) {
    choose(name, words.get(name) ?? (name === "state" ? words.get("show") : null));
  }
  const sort = words.get("sort") || "state";
  view.down = sort.startsWith("-");
  view.sort = TABLE.some(({ key }) => key === sort.replace("-", "")) ? sort.replace("-", "") : "state";
  apply();
  const row = words.has("open") ? COLUMNS.id.indexOf(words.get("open")) : -1;
  if (row >= 0) show(row);
};

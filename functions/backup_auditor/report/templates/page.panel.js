// One resource in full: a dialog, so that Esc closes it and the focus comes back by itself.
const PANEL = document.getElementById("panel");

const heading = (words) => make("h3", {}, words);

const facts = (pairs, look) => make("dl", { class: look }, pairs.filter(([, value]) => value)
  .map(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]));

const both = (at) => (at === null ? "" : `${whenAndZone(at)} (${relative(at)})`);

const factsOf = (row) => facts([
  ["Id", COLUMNS.id[row]], ["Source", text("source", row)], ["Account", text("account", row)],
  ["Region", [text("region", row), text("zone", row)].filter(Boolean).join(", ")],
  ["Kind", text("kind", row)], ["Provider says", text("status", row)],
  ["Created", both(COLUMNS.created[row])],
  ["Policy", text("policy", row) || "none"], ["Owner", text("owner", row)],
  ["Runbook", text("runbook", row) && link(text("runbook", row))],
], "facts");

const stateOf = (check) => (check.exemption && check.outcome !== "pass" ? "exempt" : check.outcome);

/** What a rule that passes has seen, on one line. */
const inShort = (check) => make("span", { class: "quiet" }, [
  check.observed && ` Observed: ${check.observed}.`, check.expected && ` Expected: ${check.expected}.`,
  check.controls.length && ` Controls: ${check.controls.join("; ")}.`,
].filter(Boolean).join(""));

const checkCard = (check) => {
  const state = stateOf(check);
  const said = { pass: "passes", fail: "fails", unknown: "unknown", exempt: "exempt" }[state];
  return make("li", { class: `check ${state}` },
    make("p", {}, make("span", { class: `state ${state}` }, `${symbol(state)} ${said}`), " ",
      make("strong", {}, check.rule), " ", make("span", { class: "quiet" }, check.severity)),
    make("p", {}, `${capital(check.message)}.`, state === "pass" ? inShort(check) : null),
    state === "pass" ? null : facts([
      ["Observed", check.observed], ["Expected", check.expected],
      ["Since", both(check.since)],
      ["To do", check.advice], ["Controls", check.controls.join("; ")],
      ["Exempt by", check.exemption],
    ]));
};

const legendItem = (state, words) => make("li", {}, draw("svg", {
  viewBox: "0 0 14 14", width: 14, height: 14, "aria-hidden": "true", class: "picture",
}, marker(state, 7, 7)), ` ${words}`);

const limitWords = (check) => {
  const { oldest, smallest, largest } = check;
  const words = [
    oldest !== null && `is too old when taken before ${whenAndZone(oldest)}`,
    smallest !== null && largest !== null && `may have ${size(smallest)} to ${size(largest)}`,
    smallest !== null && largest === null && `must have at least ${size(smallest)}`,
  ].filter(Boolean);
  return words.map((limit) => make("li", {}, make("strong", {}, check.rule),
    `: the newest good backup ${limit}`));
};

const tableOf = (points) => make("details", {}, make("summary", {}, "The same as a table"),
  make("table", { class: "plain" },
    make("thead", {}, make("tr", {},
      ["Taken", "State", "Size"].map((title) => make("th", { scope: "col" }, title)))),
    make("tbody", {}, [...points].reverse().map(
      (point) => make("tr", {}, said(point).map((cell) => make("td", {}, cell)))))));

const keyOf = (points) => make("ul", { class: "key" }, Object.entries(BACKUPS)
  .map(([letter, word]) => [letter, word, points.filter((p) => p.state === letter).length])
  .filter(([, , number]) => number)
  .map(([letter, word, number]) => legendItem(letter, `${number} ${word}`)));

/** How many there are, how many are shown, and what a picture cannot show. */
const summaryOf = (row, points, timed) => {
  const all = COLUMNS.backups[row];
  const few = points.length < all ? `the newest ${points.length} of ` : "";
  const untimed = points.length - timed.length;
  return [`${few}${counted(all, "backup")}`,
    COLUMNS.size[row] === null ? "" : `newest good one ${size(COLUMNS.size[row])}`,
    untimed ? `${untimed} without a time in the table only` : ""].filter(Boolean).join(", ");
};

const backupsOf = (row, checks) => {
  if (text("unread", row)) return [make("p", {}, "They could not be read, so nothing can be shown.")];
  const points = pointsOf(row);
  if (!points.length) {
    const listed = COLUMNS.backups[row];
    return [make("p", {}, listed
      ? `${counted(listed, "backup")}; single ones are not in the file that this page was made from.`
      : "No backup is listed.")];
  }
  const timed = points.filter((point) => point.at !== null);
  return [
    make("p", { class: "quiet" }, capital(summaryOf(row, points, timed))),
    ...(timed.length ? [make("div", { id: "picture" }), keyOf(timed),
      make("ul", { class: "limits" }, checks.map(limitWords))] : []),
    tableOf(points),
  ];
};

const panel = { row: null };

const paint = () => {
  const place = document.getElementById("picture");
  if (!place) return;
  const timed = pointsOf(panel.row).filter((point) => point.at !== null);
  place.replaceChildren(picture(timed, checksOf(panel.row), Math.max(260, place.clientWidth)));
};

const show = (row) => {
  panel.row = row;
  const checks = checksOf(row);
  const order = ["fail", "unknown", "exempt", "pass"];
  const sorted = [...checks].sort((a, b) => order.indexOf(stateOf(a)) - order.indexOf(stateOf(b)));
  const state = text("state", row);
  const badge = document.getElementById("panel-state");
  badge.className = `state ${state}`;
  badge.textContent = `${symbol(state)} ${stateWord(state)}`;
  document.getElementById("panel-name").textContent = COLUMNS.name[row];
  document.getElementById("panel-body").replaceChildren(
    factsOf(row), heading("Rules"), make("ul", { class: "checks" }, sorted.map(checkCard)),
    heading("Backups"), ...backupsOf(row, checks));
  if (!PANEL.open) PANEL.showModal();
  PANEL.scrollTop = 0;
  paint();
  document.getElementById("panel-name").focus({ preventScroll: true });
};

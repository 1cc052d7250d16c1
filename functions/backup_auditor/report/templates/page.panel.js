// One resource in full: a dialog, so that Esc closes it and the focus comes back by itself.
const PANEL = document.getElementById("panel");

const heading = (words) => make("h3", {}, words);

const facts = (pairs, look) => make("dl", { class: look }, pairs.filter(([, value]) => value)
  .map(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]));

const factsOf = (row) => facts([
  ["Id", COLUMNS.id[row]], ["Source", text("source", row)], ["Account", text("account", row)],
  ["Region", [text("region", row), text("zone", row)].filter(Boolean).join(", ")],
  ["Kind", text("kind", row)], ["Provider says", text("status", row)],
  ["Created", COLUMNS.created[row] === null ? "" : `${whenAndZone(COLUMNS.created[row])} (${relative(COLUMNS.created[row])})`],
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
      ["Since", check.since === null ? "" : `${whenAndZone(check.since)} (${relative(check.since)})`],
      ["To do", check.advice], ["Controls", check.controls.join("; ")],
      ["Exempt by", check.exemption],
    ]));
};

const legendItem = (state, words) => make("li", {},
  (() => {
    const icon = draw("svg", { viewBox: "0 0 14 14", width: 14, height: 14, "aria-hidden": "true", class: "picture" });
    icon.append(marker(state, 7, 7));
    return icon;
  })(), ` ${words}`);

const limitWords = (check) => {
  const words = [];
  if (check.oldest !== null) words.push(`the newest good backup is too old when taken before ${whenAndZone(check.oldest)}`);
  if (check.smallest !== null && check.largest !== null) words.push(`the newest good backup may have ${size(check.smallest)} to ${size(check.largest)}`);
  else if (check.smallest !== null) words.push(`the newest good backup must have at least ${size(check.smallest)}`);
  return words.map((sentence) => make("li", {}, make("strong", {}, check.rule), `: ${sentence}`));
};

const tableOf = (points) => make("details", {}, make("summary", {}, `The same as a table`),
  make("table", { class: "plain" },
    make("thead", {}, make("tr", {}, ["Taken", "State", "Size"].map((title) => make("th", { scope: "col" }, title)))),
    make("tbody", {}, [...points].reverse().map((point) => make("tr", {}, said(point).map((cell) => make("td", {}, cell)))))));

const backupsOf = (row, checks) => {
  const points = pointsOf(row);
  const all = COLUMNS.backups[row];
  if (text("unread", row)) return [make("p", {}, "They could not be read, so nothing can be shown.")];
  if (!points.length) return [make("p", {}, "No backup is listed.")];
  const timed = points.filter((point) => point.at !== null);
  const number = timed.length < all ? `${timed.length} of ${counted(all, "backup")}` : counted(all, "backup");
  const words = [`${number}`, COLUMNS.size[row] === null ? "" : `newest good one ${size(COLUMNS.size[row])}`];
  const limits = checks.filter((check) => check.oldest !== null || check.smallest !== null);
  const states = Object.entries(BACKUPS).map(([letter, word]) => [letter, word, timed.filter((p) => p.state === letter).length]);
  const untimed = points.length - timed.length;
  return [
    make("p", { class: "quiet" }, words.filter(Boolean).join(", "), untimed ? `; ${untimed} without a time ${untimed === 1 ? "is" : "are"} in the table only` : ""),
    timed.length ? make("div", { id: "picture" }) : null,
    make("ul", { class: "key" }, states.filter(([, , n]) => n).map(([letter, word, n]) => legendItem(letter, `${n} ${word}`))),
    timed.length ? make("ul", { class: "limits" }, limits.map(limitWords)) : null,
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
    heading("Backups"), ...backupsOf(row, checks).filter(Boolean));
  if (!PANEL.open) PANEL.showModal();
  PANEL.scrollTop = 0;
  paint();
  document.getElementById("panel-name").focus({ preventScroll: true });
};

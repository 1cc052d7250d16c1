// One resource in full: a dialog, so that Esc closes it and the focus comes back by itself.
const PANEL = document.getElementById("panel");

const heading = (words) => make("h3", {}, words);

const facts = (pairs, look) => make("dl", { class: look }, pairs.filter(([, value]) => value)
  .map(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]));

const both = (at) => (at === null ? ""
  : say("{instant} ({relative})", { instant: whenAndZone(at), relative: relative(at) }));

const factsOf = (row) => facts([
  [say("Id"), COLUMNS.id[row]], [say("Source"), text("source", row)], [say("Account"), text("account", row)],
  [say("Region"), [text("region", row), text("zone", row)].filter(Boolean).join(", ")],
  [say("Kind"), text("kind", row)], [say("Provider says"), text("status", row)],
  [say("Created"), both(COLUMNS.created[row])],
  [say("Change"), changeWord(row)],
  [say("Policy"), text("policy", row) || say("none")], [say("Owner"), text("owner", row)],
  [say("Runbook"), text("runbook", row) && link(text("runbook", row))],
], "facts");

/** Since when something is wrong, and how many audits in a row found it. */
const held = ({ since, audits }) => (since !== null && audits > 1
  ? say("{time}, in {number} audits in a row", { time: both(since), number: grouped(audits) })
  : both(since));

const stateOf = (check) => (check.exemption && check.outcome !== "pass" ? "exempt" : check.outcome);

/** What a rule that passes has seen, on one line. */
const inShort = (check) => make("span", { class: "quiet" }, ["",
  check.observed && say("Observed: {value}.", { value: check.observed }),
  check.expected && say("Expected: {value}.", { value: check.expected }),
  check.controls.length && say("Controls: {value}.", { value: check.controls.join("; ") }),
].filter((words, n) => words || !n).reduce(follow));

const checkCard = (check) => {
  const state = stateOf(check);
  const words = { pass: say("passes"), fail: say("fails"), unknown: say("unknown"),
    exempt: say("exempt") }[state];
  return make("li", { class: `check ${state}` },
    make("p", {}, make("span", { class: `state ${state}` }, `${symbol(state)} ${words}`), " ",
      make("strong", {}, check.rule), " ", make("span", { class: "quiet" }, check.severity)),
    make("p", {}, say("{text}.", { text: capital(check.message) }), state === "pass" ? inShort(check) : null),
    state === "pass" ? null : facts([
      [say("Observed"), check.observed], [say("Expected"), check.expected],
      [say("Since"), held(check)],
      [say("To do"), check.advice], [say("Controls"), check.controls.join("; ")],
      [say("Exempt by"), check.exemption],
    ]));
};

const legendItem = (state, words) => make("li", {}, draw("svg", {
  viewBox: "0 0 14 14", width: 14, height: 14, "aria-hidden": "true", class: "picture",
}, marker(state, 7, 7)), ` ${words}`);

const limitWords = (check) => {
  const { oldest, smallest, largest } = check;
  const words = [
    oldest !== null && say("{rule}: the newest good backup is too old when taken before {time}",
      { time: whenAndZone(oldest) }),
    smallest !== null && largest !== null && say(
      "{rule}: the newest good backup may have {smallest} to {largest}",
      { smallest: size(smallest), largest: size(largest) }),
    smallest !== null && largest === null && say(
      "{rule}: the newest good backup must have at least {smallest}", { smallest: size(smallest) }),
  ].filter(Boolean);
  return words.map((limit) => make("li", {}, around(limit, "rule", make("strong", {}, check.rule))));
};

const tableOf = (points) => make("details", {}, make("summary", {}, say("The same as a table")),
  make("table", { class: "plain" },
    make("thead", {}, make("tr", {},
      [say("Taken"), say("State"), say("Size")].map((title) => make("th", { scope: "col" }, title)))),
    make("tbody", {}, [...points].reverse().map(
      (point) => make("tr", {}, said(point).map((cell) => make("td", {}, cell)))))));

const keyOf = (points) => make("ul", { class: "key" }, Object.entries(BACKUPS)
  .map(([letter, word]) => [letter, word, points.filter((p) => p.state === letter).length])
  .filter(([, , number]) => number)
  .map(([letter, word, number]) => legendItem(letter, say("{number} {state}", { number, state: word }))));

/** How many there are, how many are shown, and what a picture cannot show. */
const summaryOf = (row, points, timed) => {
  const all = COLUMNS.backups[row];
  const number = points.length - timed.length;
  const shown = points.filter((point) => point.state !== "p").length;
  return clauses([shown < all
    ? count("the newest {shown} of {n} backup", "the newest {shown} of {n} backups", all, { shown })
    : count("{n} backup", "{n} backups", all),
  COLUMNS.size[row] === null ? "" : say("newest good one {size}", { size: size(COLUMNS.size[row]) }),
  shown < points.length ? say("{number} remembered from earlier audits", { number: points.length - shown }) : "",
  number ? say("{number} without a time in the table only", { number }) : ""].filter(Boolean));
};

const backupsOf = (row, checks) => {
  if (text("unread", row)) return [make("p", {}, say("They could not be read, so nothing can be shown."))];
  const points = pointsOf(row);
  if (!points.length) {
    const all = COLUMNS.backups[row];
    return [make("p", {}, all ? count(
      "{n} backup; single ones are not in the file that this page was made from.",
      "{n} backups; single ones are not in the file that this page was made from.", all)
      : say("No backup is listed."))];
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
    factsOf(row), heading(say("Rules")), make("ul", { class: "checks" }, sorted.map(checkCard)),
    heading(say("Backups")), ...backupsOf(row, checks));
  if (!PANEL.open) PANEL.showModal();
  PANEL.scrollTop = 0;
  paint();
  document.getElementById("panel-name").focus({ preventScroll: true });
};

"use strict";
// What the page knows, and how it is said. Names come from strangers: they become text, never markup.
const DATA = JSON.parse(document.getElementById("data").textContent);
const { columns: COLUMNS, texts: TEXTS, now: NOW } = DATA;
const COUNT = COLUMNS.name.length;
const LANGUAGE = document.documentElement.lang;
const DAY = 86400;

const grouped = (number) => number.toLocaleString("en-US");

/** Put values into their places; a place without a value stays, for `around`. */
const filled = (message, values) => message.replace(/\{([a-z_]+)\}/g,
  (place, name) => values[name] ?? place);
/** Messages are in English here; the data has what this script says in the report's language. */
const say = (message, values = {}) => filled((DATA.said[message] || [message])[0], values);
const count = (one, many, n, values = {}) => {
  const [single, several] = DATA.said[one] || [one, many];
  return filled(n === 1 ? single : several, { n: grouped(n), ...values });
};
/** A message with an element in a place that was left open. */
const around = (message, place, element) => {
  const [before, after] = message.split(`{${place}}`);
  return [before, element, after];
};
const listed = (texts) => texts.reduce((first, second) => say("{first}, {second}", { first, second }));
const clauses = (texts) => texts.reduce((clause, more) => say("{clause}, {more}", { clause, more }));
const follow = (text, next_sentence) => say("{text} {next_sentence}", { text, next_sentence });

const STATES = [["fail", "✕", say("failing")], ["unknown", "?", say("unknown")],
  ["exempt", "~", say("exempt")], ["ungoverned", "·", say("ungoverned")], ["pass", "✓", say("fine")]];
/** What is different from the audit before; nothing where there is none to compare with. */
const CHANGES = [["new", say("new")], ["worse", say("worse")], ["ongoing", say("ongoing")],
  ["resolved", say("resolved")]];
const BACKUPS = { s: say("succeeded"), p: say("remembered"), r: say("running"),
  f: say("failed"), e: say("expired"), u: say("unknown") };

const text = (column, row) => TEXTS[COLUMNS[column][row]];
const symbol = (state) => STATES.find(([word]) => word === state)[1];
const changeWord = (row) => (CHANGES.find(([word]) => word === text("change", row)) || ["", ""])[1];
const stateWord = (state) => STATES.find(([word]) => word === state)[2];

/** Make an element: attributes by name, then texts and other elements; what is null is left out. */
const make = (tag, attributes, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return element;
};

const checksOf = (row) => COLUMNS.checks[row].map((number) => {
  const [rule, outcome, severity, message, observed, expected, since, advice, exemption, controls,
    limit, audits] = DATA.checks[number];
  return {
    rule: TEXTS[rule], outcome: TEXTS[outcome], severity: TEXTS[severity], message: TEXTS[message],
    observed: TEXTS[observed], expected: TEXTS[expected], since, advice: TEXTS[advice],
    exemption: TEXTS[exemption], controls: controls.map((label) => TEXTS[label]),
    oldest: limit ? limit[0] : null, smallest: limit ? limit[1] : null,
    largest: limit ? limit[2] : null, audits,
  };
});

/** The last backups of a resource, oldest first; `at` is null where the time is not told. */
const pointsOf = (row) => {
  const states = text("states", row);
  let before = 0;
  return COLUMNS.times[row].map((step, n) => {
    const at = step === null ? null : before + step;
    if (at !== null) before = at;
    return { at, state: states[n], size: COLUMNS.sizes[row][n] };
  });
};

const size = (bytes) => {
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
  let unit = 0;
  let value = bytes;
  while (Math.round(value) >= 1024 && unit < units.length - 1) { value /= 1024; unit += 1; }
  const decimals = unit && Math.round(value * 10) / 10 < 100 ? 1 : 0;
  return `${value.toFixed(decimals).replace(/\.0$/, "")} ${units[unit]}`;
};

const UNITS = { d: (n) => say("{n} d", { n }), h: (n) => say("{n} h", { n }),
  min: (n) => say("{n} min", { n }), s: (n) => say("{n} s", { n }) };
const span = (seconds) => {
  const two = (large, unit, small, rest) => {
    const part = Math.floor((seconds % large) / small);
    return UNITS[unit](Math.floor(seconds / large)) + (part ? ` ${UNITS[rest](part)}` : "");
  };
  if (seconds < 60) return UNITS.s(seconds);
  if (seconds < 3600) return UNITS.min(Math.floor(seconds / 60));
  return seconds < 2 * DAY ? two(3600, "h", 60, "min") : two(DAY, "d", 3600, "h");
};

const relative = (at) => (at <= NOW ? say("{age} ago", { age: span(NOW - at) })
  : say("in {time}", { time: span(at - NOW) }));

/** Instants are said in the policy's time zone; a browser that does not know it says UTC. */
const CLOCK = (() => {
  const style = { weekday: "short", year: "numeric", month: "2-digit", day: "2-digit",
    hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZoneName: "short" };
  try {
    return new Intl.DateTimeFormat("en-US", { ...style, timeZone: DATA.zone });
  } catch {
    return new Intl.DateTimeFormat("en-US", { ...style, timeZone: "UTC" });
  }
})();
const clock = (at) => Object.fromEntries(
  CLOCK.formatToParts(at * 1000).map((part) => [part.type, part.value]));
const date = (at) => { const c = clock(at); return `${c.year}-${c.month}-${c.day}`; };
const hour = (at) => { const c = clock(at); return `${c.hour}:${c.minute}`; };
const WEEKDAYS = { Mon: say("Mon"), Tue: say("Tue"), Wed: say("Wed"), Thu: say("Thu"),
  Fri: say("Fri"), Sat: say("Sat"), Sun: say("Sun") };
const instant = (at, time) => say("{weekday} {date} {time}",
  { weekday: WEEKDAYS[clock(at).weekday], date: date(at), time });
const when = (at) => instant(at, hour(at));
const whenAndZone = (at) => instant(at, `${hour(at)} ${clock(at).timeZoneName}`);
/** How far the clock on the wall is ahead of UTC, in seconds. */
const ahead = (at) => {
  const c = clock(at);
  return Date.UTC(c.year, c.month - 1, c.day, c.hour, c.minute) / 1000 - Math.floor(at / 60) * 60;
};

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
const sentence = ({ message, expected }) => (expected
  ? say("{text} ({expected}).", { text: capital(message), expected })
  : say("{text}.", { text: capital(message) }));

/** A link for a web address, the plain text for anything else. */
const link = (address) => {
  let url = null;
  try { url = new URL(address); } catch { return address; }
  if (url.protocol !== "http:" && url.protocol !== "https:") return address;
  return make("a", { href: url.href, rel: "noreferrer" }, address);
};

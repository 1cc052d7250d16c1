// The backups of one resource over time: height is size, shape is state, and what the policy allows.
const SVG = "http://www.w3.org/2000/svg";
const LEFT = 66;
const RIGHT = 16;
const TOP = 14;
const STEPS = [1, 3, 6, 12, 24, 48, 24 * 7, 24 * 14, 24 * 30, 24 * 91, 24 * 365].map((h) => h * 3600);
/** A limit that lies this many times farther than the backups would press them together. */
const FAR = 3;

const draw = (tag, attributes, ...children) => {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
};

/** One backup as a shape of its own, so that no colour is needed. */
const marker = (state, x, y, r = 4.5) => {
  const at = { cx: x, cy: y, r };
  if (state === "s") return draw("circle", { ...at, class: "s" });
  if (state === "f") {
    const d = `M${x - r},${y - r}L${x + r},${y + r}M${x - r},${y + r}L${x + r},${y - r}`;
    return draw("path", { d, class: "f" });
  }
  if (state === "p") return draw("path", { d: `M${x - r},${y}L${x},${y - r}L${x + r},${y}L${x},${y + r}Z`, class: "p" });
  if (state === "e") return draw("circle", { ...at, class: "e" });
  if (state === "r") {
    return draw("g", { class: "r" }, draw("circle", at),
      draw("path", { d: `M${x},${y - r}A${r},${r} 0 0 1 ${x},${y + r}Z` }));
  }
  if (state === "o") return draw("circle", { ...at, class: "o" });
  if (state === "n") return draw("circle", { ...at, r: 1, class: "n" });
  return draw("text", { x, y: y + r, class: "u", "text-anchor": "middle" }, "?");
};

/** A strip of days, oldest first; the glyphs are those of the mail. */
const GLYPHS = { "●": "s", "◇": "p", "◐": "r", "✕": "f", "◌": "e", "?": "u", "○": "o", "·": "n" };
const STRIPS = new Map();
const strip = (glyphs) => {
  if (!STRIPS.has(glyphs)) STRIPS.set(glyphs, drawStrip(glyphs));
  return STRIPS.get(glyphs).cloneNode(true);
};
const drawStrip = (glyphs) => draw("svg", {
  viewBox: `0 0 ${glyphs.length * 11} 14`, width: glyphs.length * 11, height: 14,
  class: "picture strip", "aria-hidden": "true",
}, ...[...glyphs].map((glyph, n) => marker(GLYPHS[glyph], n * 11 + 5.5, 7, 3.6)));

const said = (point) => [point.at === null ? say("time not told") : whenAndZone(point.at),
  BACKUPS[point.state], point.size === null ? say("no size") : size(point.size)];

/** Where time and size lie in a picture of `width`. */
const scales = (points, limits, width) => {
  const times = points.map((p) => p.at);
  const last = Math.max(NOW, ...times);
  let first = Math.min(NOW, ...times);
  if (last - first < DAY / 4) first = last - DAY / 4;
  const oldest = limits.map((l) => l.oldest)
    .filter((at) => at !== null && last - at <= FAR * (last - first));
  first = Math.min(first, ...oldest.map((at) => at - (last - at) * 0.12));
  const air = (last - first) * 0.03;
  const largest = Math.max(0, ...points.map((p) => p.size ?? 0));
  const shown = limits.flatMap((l) => [l.smallest, l.largest])
    .filter((bytes) => bytes !== null && bytes <= FAR * largest);
  const top = Math.max(largest, ...shown) * 1.12;
  const floor = top ? 186 : TOP;
  return {
    first: first - air, last: last + air, top, floor, height: floor + 48,
    right: width - RIGHT, oldest, shown,
    x: (at) => LEFT + ((at - first + air) / (last - first + 2 * air)) * (width - LEFT - RIGHT),
    y: (bytes) => floor - (bytes / top) * (floor - TOP),
  };
};

const sizeAxis = (s) => {
  if (!s.top) return [];
  const unit = 1024 ** Math.floor(Math.log(s.top) / Math.log(1024));
  const rough = s.top / unit / 3;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((n) => n * power >= rough) * power * unit;
  const lines = [];
  for (let bytes = 0; bytes <= s.top; bytes += step) {
    const y = s.y(bytes);
    lines.push(draw("line", { x1: LEFT, x2: s.right, y1: y, y2: y, class: "grid" }),
      draw("text", { x: LEFT - 8, y: y + 4, "text-anchor": "end" }, size(bytes)));
  }
  return lines;
};

const timeAxis = (s) => {
  const room = (step) => Math.max(2, (s.right - LEFT) / (step < DAY ? 86 : 54));
  const step = STEPS.find((seconds) => (s.last - s.first) / seconds <= room(seconds))
    || Math.ceil((s.last - s.first) / room(DAY) / DAY) * DAY;
  const lines = [];
  let wall = Math.ceil((s.first + ahead(s.first)) / step) * step;
  for (; lines.length < 100; wall += step) {
    const at = wall - ahead(wall - ahead(wall));
    if (at > s.last) break;
    const x = s.x(at);
    const label = step < DAY ? `${date(at).slice(5)} ${hour(at)}` : date(at).slice(step > 90 * DAY ? 0 : 5);
    lines.push(draw("line", { x1: x, x2: x, y1: s.floor + 26, y2: s.floor + 31, class: "tick" }));
    const most = label.length * 3.4;
    if (x + most < s.right + RIGHT && x - most > 0) {
      lines.push(draw("text", { x, y: s.floor + 44, "text-anchor": "middle" }, label));
    }
  }
  return lines;
};

/** What the policy allows. Limits of sizes are those of the newest good backup. */
const tooOld = (at, s) => {
  const zone = { x: LEFT, y: TOP, width: s.x(at) - LEFT };
  return [
    draw("rect", { ...zone, height: s.floor + 26 - TOP, class: "old" }),
    draw("rect", { ...zone, height: 7, fill: "url(#hatch)" }),
    draw("line", { x1: s.x(at), x2: s.x(at), y1: TOP, y2: s.floor + 26, class: "limit" })];
};

const sizeLimit = (bytes, words, below, s) => {
  const y = s.y(bytes);
  const label = { x: LEFT + 5, y: y + below, class: "label" };
  return [draw("line", { x1: LEFT, x2: s.right, y1: y, y2: y, class: "limit" }),
    ...(s.floor - y > 16 ? [draw("text", label, words)] : [])];
};

const allowed = (limits, s) => {
  const shapes = s.oldest.flatMap((at) => tooOld(at, s));
  const isShown = (bytes) => bytes !== null && s.shown.includes(bytes);
  for (const { smallest, largest } of limits) {
    if (isShown(smallest)) shapes.push(...sizeLimit(smallest, say("at least {size}", { size: size(smallest) }), -5, s));
    if (isShown(largest)) shapes.push(...sizeLimit(largest, say("at most {size}", { size: size(largest) }), 14, s));
  }
  return shapes;
};

const labelsOfOld = (s) => s.oldest.filter((at) => s.x(at) - LEFT > 60).map((at) => draw(
  "text", { x: s.x(at) - 6, y: TOP - 3, "text-anchor": "end", class: "label" }, say("too old")));

const shapesOf = (points, s) => {
  const r = points.length > 40 ? 3.5 : 4.5;
  const wide = Math.min(10, Math.max(2, ((s.right - LEFT) / points.length) * 0.5));
  return points.map((point) => {
    const x = s.x(point.at);
    const measured = point.size !== null && s.top && "sep".includes(point.state);
    const y = measured ? s.y(point.size) : s.floor + 14;
    const group = draw("g", {}, draw("title", {}, listed(said(point))));
    if (measured) {
      group.append(draw("rect", { x: x - wide / 2, y, width: wide, height: s.floor - y, class: `bar ${point.state}` }));
    }
    group.append(marker(point.state, x, y, r));
    return group;
  });
};

/** The picture in a sentence, for those who do not see it. */
const describe = (points) => {
  const counts = Object.entries(BACKUPS)
    .map(([letter, word]) => [points.filter((p) => p.state === letter).length, word])
    .filter(([number]) => number).map(([number, state]) => say("{number} {state}", { number, state }));
  const sizes = points.filter((p) => p.state === "s" && p.size !== null).map((p) => p.size);
  const whole = say("{backups} from {first} to {last}: {counts}.", {
    backups: count("{n} backup", "{n} backups", points.length), counts: listed(counts),
    first: whenAndZone(points[0].at), last: whenAndZone(points[points.length - 1].at),
  });
  return sizes.length ? follow(whole, say("Good ones are {smallest} to {largest}.",
    { smallest: size(Math.min(...sizes)), largest: size(Math.max(...sizes)) })) : whole;
};

const picture = (points, limits, width) => {
  const s = scales(points, limits, width);
  const hatch = draw("pattern", { id: "hatch", width: 7, height: 7, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
    draw("line", { x1: 0, x2: 0, y1: 0, y2: 7, class: "hatch" }));
  const now = s.x(NOW);
  return draw("svg", {
    viewBox: `0 0 ${width} ${s.height}`, width, height: s.height, role: "img",
    "aria-labelledby": "picture-title picture-text", class: "picture",
  },
  draw("title", { id: "picture-title" }, say("Backups over time")),
  draw("desc", { id: "picture-text" }, describe(points)),
  draw("defs", {}, hatch), ...allowed(limits, s), ...sizeAxis(s),
  draw("line", { x1: LEFT, x2: s.right, y1: s.floor + 26, y2: s.floor + 26, class: "tick" }),
  ...timeAxis(s),
  draw("line", { x1: now, x2: now, y1: TOP, y2: s.floor + 26, class: "now" }),
  draw("text", { x: now + 1, y: TOP - 3, class: "label" }, say("now")),
  ...shapesOf(points, s), ...labelsOfOld(s));
};

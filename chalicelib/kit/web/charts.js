/**
 * Charts as inline SVG: each value takes the focus and is named, arrow keys move between values, and the table behind the
 * chart is part of it.
 *
 * `kit.chart({ type, title, x, series, unit })`: `type` is line, bar, stacked, heat or interval; `x` holds the labels, ISO
 * dates are written short; a series has a `name` and `values` (null or undefined: none), for `interval` also `low` and `high`.
 * `open` says of each x whether its values are not complete yet; a series of a heat map has an `open` of its own.
 */
{
  const HEIGHT = 240, TOP = 10, BOTTOM = 26, RIGHT = 12, DASHES = ["", "7 4", "2 4", "9 4 2 4", "4 2", "12 4"];
  const number = new Intl.NumberFormat("en", { maximumFractionDigits: 2 });
  const day = new Intl.DateTimeFormat("en", { day: "numeric", month: "short", timeZone: "UTC" });

  const svg = (tag, attributes, ...children) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) if (value !== undefined) element.setAttribute(name, value);
    element.append(...children.flat().filter(Boolean));
    return element;
  };
  const label = (text) => {
    const date = /^\d{4}-\d\d-\d\d(T.*)?$/.test(text) ? new Date(text) : NaN;
    return isNaN(date) ? String(text) : day.format(date);
  };
  /** Return the height of a chart: the rows of a heat map keep that of a line of text. */
  const heightOf = ({ type, series }) => (type === "heat" ? Math.max(HEIGHT, series.length * 22 + TOP + BOTTOM) : HEIGHT);
  const ink = (index) => "s" + ((index % 6) + 1);

  /** Return round numbers from at most `low` to at least `high`, about four steps. */
  const ticks = (low, high, whole) => {
    const rough = (high - low || 1) / 4;
    const power = 10 ** Math.floor(Math.log10(rough));
    const nice = [1, 2, 2.5, 5, 10].find((step) => step * power >= rough) * power;
    const step = whole ? Math.max(1, Math.ceil(nice)) : nice;
    const from = Math.floor(low / step);
    return Array.from({ length: Math.max(Math.ceil(high / step) - from, 1) + 1 }, (_, n) => (from + n) * step);
  };

  /** Return the labels of the ticks, with as many digits as their step needs. */
  const tickLabels = (marks) => {
    const most = Math.max(...marks.map(Math.abs));
    const step = (marks[1] - marks[0]) / 1000 ** Math.max(Math.floor(Math.log10(most) / 3), 0); // as in "1.25K"
    const needed = Array.from({ length: 20 }, (_, n) => n).find((n) => Math.abs(step - Number(step.toFixed(n))) < step / 1000);
    const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: needed ?? 20 });
    return marks.map((mark) => short.format(mark));
  };

  /** Return the sums of the positive values at each label, and of the negative ones. */
  const sums = ({ x, series }) => [1, -1].flatMap((sign) => x.map((_, n) => series.reduce((sum, each) => sum + (sign * each.values[n] > 0 ? each.values[n] : 0), 0)));

  const hasRange = ({ low, high }, n) => (low?.[n] ?? null) !== null && (high?.[n] ?? null) !== null;
  const range = (each, n) => (hasRange(each, n) ? ` (${number.format(each.low[n])} to ${number.format(each.high[n])})` : "");

  /** Return whether a value is not complete yet. */
  const isOpen = (spec, each, column) => Boolean((each.open ?? spec.open)?.[column]);

  /** Return the values of a chart as points: where they are in series and x, and how they are said. */
  const points = (spec) => spec.series.flatMap((each, row) => each.values.map((value, column) => {
    const { x, series, unit = "" } = spec;
    const soFar = value !== null && isOpen(spec, each, column) ? " so far" : "";
    const said = value === null ? "no value" : number.format(value) + (unit && " " + unit) + range(each, column) + soFar;
    const name = series.length > 1 ? each.name + ", " : "";
    return { row, column, value, low: each.low?.[column], high: each.high?.[column], text: `${name}${label(x[column])}: ${said}` };
  }));

  /** The vertical axis with its lines, and the labels below; returns the scales. */
  function axes(picture, width, spec, all) {
    const tops = spec.type === "stacked" ? sums(spec) : all.flatMap((point) => [point.value, point.high]);
    const given = [...tops, ...all.map((point) => point.low)].filter((value) => value !== null && value !== undefined);
    const whole = given.every(Number.isInteger);
    const marks = ticks(Math.min(0, ...given), Math.max(0, ...given), whole);
    const labels = tickLabels(marks);
    const left = Math.max(...labels.map((each) => each.length)) * 7.5 + 10;
    const scale = (HEIGHT - TOP - BOTTOM) / (marks.at(-1) - marks[0]);
    const y = (value) => HEIGHT - BOTTOM - (value - marks[0]) * scale;
    const band = (width - left - RIGHT) / spec.x.length;
    marks.forEach((mark, n) => {
      picture.append(svg("line", { class: "grid", x1: left, x2: width - RIGHT, y1: y(mark), y2: y(mark) }),
        svg("text", { x: left - 6, y: y(mark) + 4, "text-anchor": "end", "aria-hidden": true }, labels[n]));
    });
    spec.x.forEach((_, n) => spec.open?.[n] && picture.append(hatched(picture, { x: left + band * n, y: TOP, width: band, height: HEIGHT - TOP - BOTTOM })));
    below(picture, spec.x, left, band);
    return { y, band, middle: (column) => left + band * (column + 0.5) };
  }

  /** Return a hatched rectangle; the pattern is in the picture. */
  function hatched(picture, area) {
    let pattern = picture.querySelector("pattern");
    if (!pattern) {
      pattern = svg("pattern", { id: kit.id("hatch"), width: 7, height: 7, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" }, svg("line", { class: "hatch", y2: 7 }));
      picture.append(pattern);
    }
    return svg("rect", { class: "open", fill: `url(#${pattern.id})`, ...area });
  }

  /** The labels of x, as many as fit side by side. */
  function below(picture, x, left, band, height = HEIGHT) {
    const widest = Math.max(...x.map((each) => label(each).length)) * 7 + 12;
    const every = x.length <= 8 && band > 34 ? 1 : Math.ceil(widest / band); // few labels are cut, many are left out
    const most = Math.max(3, Math.floor((band * every - 4) / 7));
    x.forEach((each, column) => {
      if (column % every) return;
      const text = label(each).length > most ? label(each).slice(0, most - 1) + "…" : label(each);
      picture.append(svg("text", { x: left + band * (column + 0.5), y: height - 7, "text-anchor": "middle", "aria-hidden": true }, text));
    });
  }

  const mark = (point, x, y, shape) => Object.assign(
    svg("g", { role: "img", tabindex: -1, "aria-label": point.text, class: ink(point.row) }, shape), { point, at: [x, y] });

  const draw = {
    line(picture, width, spec, all) {
      const { y, middle } = axes(picture, width, spec, all);
      spec.series.forEach((each, row) => {
        let path = "", pen = "M";
        each.values.forEach((value, n) => {
          if (value !== null) path += `${pen}${middle(n).toFixed(1)} ${y(value).toFixed(1)}`;
          pen = value === null ? "M" : "L";
        });
        picture.append(svg("g", { class: ink(row) }, svg("path", { class: "curve", d: path, "stroke-dasharray": DASHES[row % 6] })));
      });
      return all.filter((point) => point.value !== null).map((point) => mark(point, middle(point.column), y(point.value),
        svg("circle", { class: "mark", cx: middle(point.column), cy: y(point.value), r: 4 })));
    },
    bar(picture, width, spec, all) {
      const { y, band, middle } = axes(picture, width, spec, all);
      const wide = Math.min(band * 0.8, 64 * spec.series.length), each = wide / spec.series.length;
      return all.filter((point) => point.value !== null).map((point) => {
        const x = middle(point.column) - wide / 2 + each * point.row;
        return mark(point, x + each / 2, y(point.value), box(x, y, 0, point.value, each));
      });
    },
    stacked(picture, width, spec, all) {
      const { y, band, middle } = axes(picture, width, spec, all);
      const ends = spec.x.map(() => ({ up: 0, down: 0 })), wide = Math.min(band * 0.8, 64);
      return all.filter((point) => point.value !== null).map((point) => {
        const end = ends[point.column], way = point.value < 0 ? "down" : "up";
        const from = end[way], to = (end[way] += point.value);
        return mark(point, middle(point.column), y((from + to) / 2), box(middle(point.column) - wide / 2, y, from, to, wide));
      });
    },
    interval(picture, width, spec, all) {
      const { y, band, middle } = axes(picture, width, spec, all);
      return all.filter((point) => point.value !== null).map((point) => {
        const x = middle(point.column) + (point.row - (spec.series.length - 1) / 2) * Math.min(14, band / 3);
        const stem = `M${x} ${y(point.low)}V${y(point.high)}M${x - 5} ${y(point.low)}h10M${x - 5} ${y(point.high)}h10`;
        const shapes = [hasRange(spec.series[point.row], point.column) && svg("path", { class: "whisker", d: stem, "stroke-width": 2 }), svg("circle", { class: "mark", cx: x, cy: y(point.value), r: 5 })];
        return mark(point, x, y(point.value), shapes);
      });
    },
    heat(picture, width, spec, all) {
      const longest = Math.max(...spec.series.map((each) => each.name.length));
      const left = Math.min(longest * 7 + 10, width * 0.35), band = (width - left - RIGHT) / spec.x.length;
      const rows = (heightOf(spec) - TOP - BOTTOM) / spec.series.length, most = Math.max(...all.map((point) => point.value || 0)) || 1;
      const fits = Math.floor((left - 8) / 7);
      below(picture, spec.x, left, band, heightOf(spec));
      spec.series.forEach((each, row) => picture.append(svg("text", { x: left - 6, y: TOP + rows * (row + 0.5) + 4, "text-anchor": "end",
        "aria-hidden": true }, each.name.length > fits ? each.name.slice(0, fits - 1) + "…" : each.name)));
      return all.map((point) => {
        const x = left + band * point.column, y = TOP + rows * point.row;
        const area = { x, y, width: band, height: rows };
        return mark(point, x + band / 2, y + rows / 2, [svg("rect", { class: "mark heat", ...area,
          "fill-opacity": point.value === null ? 0 : 0.06 + (0.94 * Math.max(point.value, 0)) / most }),
        isOpen(spec, spec.series[point.row], point.column) && hatched(picture, area)]);
      });
    },
  };

  const box = (x, y, from, to, width) => svg("rect", { class: "mark", x, width: Math.max(width, 1), y: Math.min(y(from), y(to)),
    height: Math.max(Math.abs(y(from) - y(to)), 1), rx: 2 });

  /** Let one value at a time take the focus; arrow keys move along x and between series. */
  function steer(picture, marks, say) {
    const go = (next) => {
      if (!next) return;
      for (const each of marks) each.setAttribute("tabindex", each === next ? 0 : -1);
      next.focus();
    };
    const steps = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
    for (const each of marks) each.addEventListener("focus", () => say(each.point.text));
    marks[0]?.setAttribute("tabindex", 0);
    picture.addEventListener("keydown", (event) => {
      const now = marks.find((each) => each === document.activeElement), step = steps[event.key];
      if (!now || !(step || ["Home", "End"].includes(event.key))) return;
      event.preventDefault();
      const same = marks.filter((each) => each.point.row === now.point.row);
      if (!step) return go(event.key === "Home" ? same[0] : same.at(-1));
      if (step[1]) return go(same[same.indexOf(now) + step[1]]);
      go(marks.find((each) => each.point.column === now.point.column && each.point.row === now.point.row + step[0]));
    });
    const near = (event) => {
      const { left, top } = picture.getBoundingClientRect();
      const far = ({ at: [x, y] }) => Math.hypot(x - event.clientX + left, y - event.clientY + top);
      if (marks.length) say(marks.reduce((best, each) => (far(each) < far(best) ? each : best)).point.text);
    };
    picture.addEventListener("pointermove", near);
    picture.addEventListener("click", near);
  }

  function legend({ type, series }) {
    if (series.length < 2 || type === "heat") return null;
    return kit.h("ul", { class: "legend" }, series.map((each, row) => kit.h("li", null, svg("svg", { class: ink(row), viewBox: "0 0 26 12", "aria-hidden": true },
      type === "line" ? svg("path", { class: "curve", d: "M0 6H26", "stroke-dasharray": DASHES[row % 6] })
        : svg("rect", { class: "mark", x: 7, width: 12, height: 12, rx: 2 })), each.name)));
  }

  function table(spec) {
    const { title, x, series, unit } = spec;
    const cell = (each, n) => (each.values[n] === null ? "–" : number.format(each.values[n]) + range(each, n) + (isOpen(spec, each, n) ? " so far" : ""));
    return kit.h("details", null, kit.h("summary", null, "Show as a table"), kit.table(title + (unit ? ", in " + unit : ""),
      [["", (n) => label(x[n])], ...series.map((each) => [each.name, (n) => cell(each, n), "number"])], x.map((_, n) => n), ""));
  }

  kit.chart = (given) => {
    const spec = { ...given, series: given.series.map((each) => ({ ...each, values: given.x.map((_, n) => each.values[n] ?? null) })) };
    const value = kit.h("p", { class: "value soft", "aria-hidden": true }, "Point at a value, or move with the arrow keys, to read it.");
    const place = kit.h("div", null);
    const all = points(spec);
    let width = 0;
    const paint = () => {
      const wide = Math.round(place.clientWidth);
      if (!wide || wide === width) return;
      width = wide;
      const height = heightOf(spec);
      const picture = svg("svg", { role: "group", "aria-label": spec.title, width, height, viewBox: `0 0 ${width} ${height}` });
      const marks = draw[spec.type](picture, width, spec, all);
      picture.append(...marks);
      steer(picture, marks, (text) => { value.textContent = text; });
      place.replaceChildren(picture);
    };
    new ResizeObserver(paint).observe(place);
    return kit.h("figure", { class: "chart" }, kit.h("figcaption", null, spec.title), legend(spec), place,
      spec.series.some((each) => spec.x.some((_, n) => isOpen(spec, each, n))) && kit.h("p", { class: "soft" }, "Hatched: not complete yet."), value, table(spec));
  };

  /** A small line beside a number. It has no axes: its text says first, last and range. */
  kit.sparkline = ({ title, values: given }) => {
    const values = given.map((value) => value ?? null);
    const known = values.filter((value) => value !== null);
    const low = Math.min(...known), high = Math.max(...known), step = 116 / Math.max(values.length - 1, 1);
    const at = (value, n) => `${(2 + n * step).toFixed(1)} ${(26 - ((value - low) / (high - low || 1)) * 24).toFixed(1)}`;
    const text = known.length ? `${title}: from ${number.format(known[0])} to ${number.format(known.at(-1))}, between ${number.format(low)} and ${number.format(high)}` : title + ": no values";
    return svg("svg", { class: "sparkline s1", role: "img", "aria-label": text, width: 120, height: 28, viewBox: "0 0 120 28" }, svg("title", {}, text),
      svg("path", { class: "curve", d: values.map((value, n) => (value === null ? "" : (n && values[n - 1] !== null ? "L" : "M") + at(value, n))).join("") }));
  };
}

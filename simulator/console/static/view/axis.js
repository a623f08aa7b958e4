// The axis above the rows and the strip above the axis: where we are in the simulator's time, and how to look closer.

import {append, button, el, glyph, replace, setText} from "../model/dom.js";
import {dayText, fullText, spanText} from "../model/format.js";
import {createScale, ticks} from "../model/scale.js";
import {tone} from "./lane.js";

const FEWEST = 6;

export function extent(groups, query, now) {
  if (query.axis === "start") {
    let to = 0;
    for (const group of groups) to = Math.max(to, group.to - group.at);
    return [0, to];
  }
  let from = Infinity;
  let to = -Infinity;
  for (const group of groups) {
    if (group.at < from) from = group.at;
    if (group.to > to) to = group.to;
  }
  if (query.from) from = Date.parse(query.from);
  if (query.to) to = Date.parse(query.to);
  if (!Number.isFinite(from) || !Number.isFinite(to)) return [now ?? 0, now ?? 0];
  // The present is worth showing as long as it leaves the records more than half of the width.
  if (!query.to && now && now > to && now - to <= to - from) to = now;
  return [from, to];
}

export function createAxis(context) {
  const { query, store } = context;
  const strip = el("canvas", { class: "strip", role: "img" });
  const brush = el("div", { class: "brush", hidden: true });
  const overview = el("div", { class: "overview", hidden: true, title: "Drag to look at a stretch of time; double-click to see all of it" }, strip, brush);
  const head = el("div", { class: "ticks", "aria-hidden": "true" });
  const day = el("span", { class: "axis-day" });
  const grid = el("div", { class: "grid", "aria-hidden": "true" });
  const relative = button("From start", () => query.set({ axis: query.axis === "start" ? null : "start" }), {
    class: "toggle", title: "Draw every story from its own beginning, so that waits can be compared",
  });
  const order = button(glyph("sort"), () => query.set({ order: query.order === "oldest" ? "newest" : "oldest" }), { class: "icon" });
  const tools = el("div", { class: "zoom", role: "group", "aria-label": "Time axis" },
    order,
    relative,
    button(glyph("minus"), () => zoom(2), { class: "icon", "aria-label": "Show more time", title: "Show more time" }),
    button(glyph("plus"), () => zoom(0.5), { class: "icon", "aria-label": "Show less time", title: "Show less time" }),
    button(glyph("fit"), () => query.set({ from: null, to: null }), { class: "icon", "aria-label": "Show all of the time", title: "Show all of the time" }));
  let scale = createScale(0, 0, 100);
  let whole = null;
  let drag = null;

  function zoom(factor) {
    const [from, to] = [scale.from, scale.to];
    const centre = (from + to) / 2;
    const half = Math.max(((to - from) / 2) * factor, 500);
    query.set({ axis: null, ...span(centre - half, centre + half) });
  }

  function span(from, to) {
    return { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
  }

  function stripTime(event) {
    const box = strip.getBoundingClientRect();
    return whole.at(Math.min(Math.max(event.clientX - box.left, 0), box.width));
  }

  overview.addEventListener("pointerdown", (event) => {
    if (!whole) return;
    overview.setPointerCapture(event.pointerId);
    drag = { start: stripTime(event), end: null };
  });
  overview.addEventListener("pointermove", (event) => {
    if (!drag) return;
    drag.end = stripTime(event);
    showBrush(Math.min(drag.start, drag.end), Math.max(drag.start, drag.end));
  });
  overview.addEventListener("pointerup", () => {
    if (drag?.end !== null && drag && Math.abs(whole.x(drag.end) - whole.x(drag.start)) > 3) {
      query.set({ axis: null, ...span(Math.min(drag.start, drag.end), Math.max(drag.start, drag.end)) });
    }
    drag = null;
  });
  overview.addEventListener("dblclick", () => query.set({ from: null, to: null }));

  function showBrush(from, to) {
    brush.hidden = false;
    brush.style.left = `${Math.max(whole.x(from), 0)}px`;
    brush.style.width = `${Math.max(whole.x(to) - Math.max(whole.x(from), 0), 2)}px`;
  }

  function drawStrip() {
    overview.hidden = store.callouts.size < FEWEST || query.view !== "timeline";
    if (overview.hidden) return;
    const width = overview.clientWidth;
    const height = 34;
    const all = extent(store.ordered, { axis: "clock" }, store.now);
    whole = createScale(all[0], all[1], width);
    const density = window.devicePixelRatio || 1;
    strip.width = width * density;
    strip.height = height * density;
    const pen = strip.getContext("2d");
    pen.scale(density, density);
    const step = 5;
    const tones = ["good", "again", "bad", "none", "due"];
    const columns = Array.from({ length: Math.ceil(width / step) }, () => [0, 0, 0, 0, 0]);
    const count = (ms, kind) => {
      const column = columns[Math.floor(whole.x(ms) / step)];
      if (column) column[tones.indexOf(kind)] += 1;
    };
    for (const callout of store.callouts.values()) {
      for (const attempt of callout.attempts) if (attempt.sent !== null) count(attempt.sent, tone(attempt, callout));
      if (callout.due !== null) count(callout.due, "due");
    }
    const most = Math.max(1, ...columns.map((column) => column.reduce((sum, part) => sum + part, 0)));
    const style = getComputedStyle(overview);
    const colours = tones.map((name) => style.getPropertyValue(`--${name}`));
    columns.forEach((column, place) => {
      // The root of the count: a single failure beside a thousand deliveries must stay visible.
      const sum = column.reduce((total, part) => total + part, 0);
      if (!sum) return;
      const full = Math.max(3, Math.sqrt(sum / most) * (height - 4));
      let y = height;
      column.forEach((part, index) => {
        if (!part) return;
        const size = Math.max(2, (full * part) / sum);
        pen.fillStyle = colours[index];
        pen.globalAlpha = tones[index] === "due" ? 0.45 : 1;
        pen.fillRect(place * step, y - size, step - 1, size);
        y -= size;
      });
    });
    strip.setAttribute("aria-label", `Attempts over time, ${fullText(all[0])} to ${fullText(all[1])}`);
    if (query.from || query.to) showBrush(scale.from, scale.to);
    else brush.hidden = true;
  }

  return {
    overview,
    head,
    day,
    grid,
    tools,
    drawStrip,
    get scale() { return scale; },
    update(groups, width) {
      const now = store.now;
      scale = createScale(...extent(groups, query, now), width);
      const drawn = ticks(scale, query.axis === "start");
      setText(day, query.axis === "start" || !drawn.length ? "" : dayText(scale.from));
      replace(head, drawn.map((tick) => {
        const node = el("span", { class: `tick${tick.day ? " dayed" : ""}` }, tick.day && el("b", { text: tick.day }), tick.label);
        node.style.left = `${tick.x}px`;
        return node;
      }));
      replace(grid, drawn.map((tick) => {
        const node = el("i");
        node.style.left = `${tick.x}px`;
        return node;
      }));
      if (query.axis !== "start" && now >= scale.from && now <= scale.to + 1) {
        const node = el("i", { class: "now", title: "now" });
        node.style.left = `${scale.x(now)}px`;
        grid.append(node);
        const label = el("span", { class: "tick now", text: "now" });
        label.style.left = `${scale.x(now)}px`;
        append(head, [label]);
      }
      relative.setAttribute("aria-pressed", String(query.axis === "start"));
      const turned = query.order === "oldest" ? "Oldest first; show the newest first" : "Newest first; show the oldest first";
      order.setAttribute("aria-label", turned);
      order.title = turned;
      head.title = `${spanText(scale.to - scale.from)} of the simulator's time`;
    },
  };
}

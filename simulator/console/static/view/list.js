// The rows, of which only those in sight exist: a tree grid with one height for every row, reused as it scrolls.

import {el} from "../model/dom.js";
import {drawRow} from "./row.js";

const AHEAD = 4;
const TWICE = 400;

export function createList(context, tree, axis) {
  const { query, store } = context;
  const sizer = el("div", { class: "sizer", role: "presentation" });
  const rows = el("div", {
    class: "rows", role: "treegrid", tabindex: "0", "aria-label": "Requests, events, callouts, attempts and exchanges", "aria-colcount": "3",
  }, sizer);
  const fresh = el("button", { type: "button", class: "fresh", hidden: true });
  const stage = el("div", { class: "stage" }, axis.grid, rows, fresh);
  const drawn = new Map();
  const pool = [];
  let active = null;
  let height = 36;
  let laneWidth = 300;
  let paint = 0;
  let lately = new Set();

  fresh.addEventListener("click", () => { rows.scrollTop = 0; fresh.hidden = true; });
  rows.addEventListener("scroll", () => {
    if (rows.scrollTop < 4) fresh.hidden = true;
    schedule();
  }, { passive: true });
  new ResizeObserver(() => update()).observe(rows);
  // A row may be drawn anew between press and release, and then there is no click: press and release are matched by key.
  let press = null;
  let before = { key: null, at: -TWICE };
  rows.addEventListener("pointerdown", (event) => {
    const index = indexOf(event.target);
    press = index < 0 || event.button ? null : { key: tree.row(index).key, twisty: onTwisty(event), x: event.clientX, y: event.clientY };
  });
  rows.addEventListener("pointercancel", () => { press = null; });
  rows.addEventListener("pointerup", (event) => {
    const index = indexOf(event.target);
    const near = press && Math.hypot(event.clientX - press.x, event.clientY - press.y) < 6;
    if (near && index >= 0 && tree.row(index).key === press.key) {
      // Two presses in a row fold, as in any tree.
      const twice = before.key === press.key && event.timeStamp - before.at < TWICE && !press.twisty;
      before = { key: press.key, at: twice ? -TWICE : event.timeStamp };
      if (twice) fold(tree.row(index), !tree.row(index).open);
      else choose(index, press.twisty);
    }
    press = null;
  });
  // Assistive technology clicks without a pointer.
  rows.addEventListener("click", (event) => { if (event.detail === 0) choose(indexOf(event.target), onTwisty(event)); });
  rows.addEventListener("focus", () => { if (active === null && tree.length && rows.matches(":focus-visible")) move(firstInSight()); });

  function onTwisty(event) {
    return Boolean(event.target.closest(".twisty"));
  }

  function choose(index, twisty) {
    if (index < 0) return;
    const row = tree.row(index);
    active = row.key;
    if (twisty && row.open !== undefined) fold(row, !row.open);
    else open(row);
    draw();
  }

  function indexOf(target) {
    const node = target.closest(".row");
    return node ? Number(node.dataset.index) : -1;
  }

  function firstInSight() {
    return Math.min(Math.ceil(rows.scrollTop / height), tree.length - 1);
  }

  function schedule() {
    paint ||= requestAnimationFrame(() => { paint = 0; draw(); });
  }

  function measure() {
    const width = rows.clientWidth;
    const narrow = width < 620;
    height = narrow ? 62 : 36;
    const label = narrow ? width : Math.min(Math.max(width * 0.42, 250), 600);
    const state = narrow ? 0 : 148;
    laneWidth = Math.max(narrow ? width - 24 : width - label - state, 80);
    stage.parentElement?.classList.toggle("narrow", narrow);
    const style = stage.parentElement?.style;
    style?.setProperty("--label", `${label}px`);
    style?.setProperty("--lane", `${laneWidth}px`);
    style?.setProperty("--row", `${height}px`);
  }

  function update() {
    const anchor = rows.scrollTop > 4 && tree.length ? anchorRow() : null;
    const before = tree.length;
    tree.refresh();
    measure();
    axis.update(tree.groups, laneWidth);
    axis.drawStrip();
    sizer.style.height = `${tree.length * height}px`;
    rows.setAttribute("aria-rowcount", String(tree.length));
    if (anchor) hold(anchor, before);
    draw();
  }

  // What is read stays where it is while new records come in above it.
  function anchorRow() {
    const index = Math.min(Math.floor(rows.scrollTop / height), tree.length - 1);
    return { key: tree.row(index).key, index, offset: rows.scrollTop - index * height };
  }

  function hold(anchor, before) {
    const index = tree.find(anchor.key);
    if (index < 0 || index === anchor.index) return;
    rows.scrollTop = index * height + anchor.offset;
    if (tree.length > before && query.order !== "oldest") {
      fresh.hidden = false;
      fresh.textContent = "Newer records above ↑";
    }
  }

  function draw() {
    const first = Math.max(Math.floor(rows.scrollTop / height) - AHEAD, 0);
    const last = Math.min(Math.ceil((rows.scrollTop + rows.clientHeight) / height) + AHEAD, tree.length);
    for (const [index, node] of drawn) {
      if (index >= first && index < last) continue;
      node.remove();
      pool.push(node);
      drawn.delete(index);
    }
    let current = null;
    for (let index = first; index < last; index += 1) {
      const row = tree.row(index);
      let node = drawn.get(index);
      if (!node) {
        node = sizer.appendChild(pool.pop() ?? el("div", { role: "row" }));
        drawn.set(index, node);
      }
      const state = {
        active: row.key === active,
        selected: selects(row),
        lately: lately.has(row.item.id),
      };
      drawRow(node, row, index, { ...state, scale: axis.scale, origin: query.axis === "start" ? row.group.at : 0, store });
      node.style.transform = `translateY(${index * height}px)`;
      if (state.active) current = node;
    }
    if (current) rows.setAttribute("aria-activedescendant", current.id);
    else rows.removeAttribute("aria-activedescendant");
    pool.length = Math.min(pool.length, 60);
  }

  function selects(row) {
    if (!query.open) return false;
    if (row.kind === "request") return query.open === row.key;
    if (row.kind === "callout") return query.open === row.item.id && !query.attempt;
    if (row.kind === "attempt") return query.open === row.callout.id && query.attempt === String(row.item.number);
    return false;
  }

  function open(row) {
    if (row.kind === "event") {
      fold(row, !row.open);
      return;
    }
    const attempt = row.kind === "attempt" ? row.item : row.attempt;
    query.set({ open: recordOf(row), attempt: attempt ? String(attempt.number) : null });
  }

  // The key of the record that a row opens; an event has none.
  function recordOf(row) {
    if (row.kind === "request") return row.key;
    if (row.kind === "event") return null;
    return row.callout?.id ?? row.item.id;
  }

  function fold(row, wanted) {
    if (row.open === undefined || row.open === wanted) return;
    tree.fold(row, wanted);
    update();
  }

  function move(index) {
    if (index < 0 || index >= tree.length) return;
    const row = tree.row(index);
    active = row.key;
    const top = index * height;
    if (top < rows.scrollTop) rows.scrollTop = top;
    else if (top + height > rows.scrollTop + rows.clientHeight) rows.scrollTop = top + height - rows.clientHeight;
    if (query.open && row.kind !== "event") open(row);
    draw();
  }

  const place = () => (active === null ? -1 : tree.find(active));

  function parentOf(index) {
    const depth = tree.row(index).depth;
    for (let above = index - 1; above >= 0; above -= 1) if (tree.row(above).depth < depth) return above;
    return index;
  }

  const KEYS = {
    ArrowDown: () => move(Math.min(place() + 1, tree.length - 1)),
    ArrowUp: () => move(Math.max(place() - 1, 0)),
    Home: () => move(0),
    End: () => move(tree.length - 1),
    PageDown: () => move(Math.min(place() + Math.floor(rows.clientHeight / height), tree.length - 1)),
    PageUp: () => move(Math.max(place() - Math.floor(rows.clientHeight / height), 0)),
    ArrowRight: () => {
      const index = place();
      if (index < 0) return;
      const row = tree.row(index);
      if (row.open === false) fold(row, true);
      else if (row.open) move(index + 1);
    },
    ArrowLeft: () => {
      const index = place();
      if (index < 0) return;
      const row = tree.row(index);
      if (row.open) fold(row, false);
      else move(parentOf(index));
    },
    Enter: () => { const index = place(); if (index >= 0) open(tree.row(index)); },
    " ": () => { const index = place(); if (index >= 0) fold(tree.row(index), !tree.row(index).open); },
  };
  KEYS.j = KEYS.ArrowDown;
  KEYS.k = KEYS.ArrowUp;
  rows.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !KEYS[event.key]) return;
    event.preventDefault();
    KEYS[event.key]();
  });

  return {
    stage,
    rows,
    update,
    draw: schedule,
    flash(ids) {
      lately = new Set(ids);
      setTimeout(() => { lately = new Set(); }, 1500);
    },
    reveal(key) {
      const callout = store.callouts.get(key);
      if (!callout && !store.groups.has(key)) return false;
      // Whoever opened it from one of its own rows stays on that row.
      if (place() >= 0 && recordOf(tree.row(place())) === key) return true;
      if (callout && tree.find(key) < 0) {
        tree.reveal(callout);
        update();
      }
      const index = tree.find(key);
      if (index < 0) return true; // filtered away, and that is what was asked for
      active = key;
      const top = index * height;
      if (top < rows.scrollTop || top + height > rows.scrollTop + rows.clientHeight) {
        rows.scrollTop = Math.max(top - rows.clientHeight / 3, 0);
      }
      draw();
      return true;
    },
    fold: (wanted) => { tree.foldAll(wanted); update(); },
  };
}

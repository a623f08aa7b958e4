// Puts the page together: records from a live server or from the document itself, and the views that draw them.

import {append, button, el, glyph, setText, visible} from "./model/dom.js";
import {countText} from "./model/format.js";
import {asCurl} from "./model/copies.js";
import {createStore} from "./model/store.js";
import {createQuery} from "./model/query.js";
import {createTree} from "./model/tree.js";
import {liveSource} from "./source/live.js";
import {frozenSource} from "./source/frozen.js";
import {createActions} from "./view/actions.js";
import {createAxis} from "./view/axis.js";
import {createControls} from "./view/controls.js";
import {createDefinitions} from "./view/definitions.js";
import {createDetail} from "./view/detail.js";
import {createEmpty} from "./view/empty.js";
import {createFilters} from "./view/filters.js";
import {createList} from "./view/list.js";
import {createNotices} from "./view/notices.js";
import {createReport} from "./view/report.js";
import {createSettings} from "./view/settings.js";
import {createTheme} from "./view/theme.js";
import {showHelp} from "./view/help.js";

const VIEWS = [["timeline", "Timeline"], ["definitions", "Definitions"], ["settings", "Settings"]];
const STATUS = {
  connecting: ["connecting…", "wait"], live: ["live", "good"], again: ["live", "good"], restarted: ["live", "good"],
  lost: ["connection lost, looking for the server…", "bad"], frozen: ["report", "none"],
};

const inlined = document.getElementById("records");
start(inlined ? frozenSource(JSON.parse(inlined.textContent)) : liveSource("/_simulator"));

function start(source) {
  const store = createStore();
  const query = createQuery(source.live ? "newest" : "oldest");
  const theme = createTheme();
  const notices = createNotices();
  const context = { store, query, source, asCurl, ...notices };
  context.act = source.live ? createActions(source, notices) : {};
  context.copyText = copyText;
  context.copy = (text, name) => copyText(text, name);
  if (!source.live) source.choose(query.story);

  const axis = createAxis(context);
  const list = createList(context, createTree(store, query), axis);
  context.foldAll = list.fold;
  context.refreshSettings = async () => {
    try {
      store.overview = { ...store.overview, settings: await source.settings() };
      schedule();
    } catch (fault) { notices.toast(fault.message, "bad"); }
  };
  const filters = createFilters(context, axis.tools);
  const controls = createControls(context);
  const detail = createDetail(context);
  const definitions = createDefinitions(context);
  const settings = createSettings(context);
  const report = createReport(context);
  const empty = createEmpty(context);

  const status = el("span", { class: "status", role: "status" });
  const tabs = VIEWS.map(([name, text]) => button(text, () => query.set({ view: name }), { class: "tab", data: { view: name } }));
  const title = el("span", { class: "product" });
  const timeline = el("section", { class: "timeline", "aria-label": "Timeline" },
    axis.overview, el("div", { class: "axis" }, el("span", { class: "axis-label" }, "What happened", axis.day), axis.head, el("span", { class: "axis-state" })), list.stage, empty.box);
  const main = el("main", {}, timeline, detail.panel, definitions.view, settings.view);
  const facts = el("span", { class: "facts-line" });

  append(document.body, [
    el("a", { class: "skip", href: "#main", text: "Skip to the records", on: { click: (event) => { event.preventDefault(); list.rows.focus(); } } }),
    el("header", { class: "top" },
      el("div", { class: "brand" }, el("span", { class: "logo", "aria-hidden": "true" }), title, status),
      el("nav", { class: "tabs", "aria-label": "Views" }, tabs),
      controls.clock, controls.bar,
      el("div", { class: "tools" },
        button(glyph("keyboard"), showHelp, { class: "icon", "aria-label": "Keys", title: "Keys (?)" }),
        button(glyph("moon"), () => theme.turn(), { class: "icon", "aria-label": "Light or dark", title: "Light or dark (t)" }))),
    report.head,
    filters.bar,
    main,
    el("footer", {}, el("span", { text: "Unofficial, not affiliated with Zuora or Salesforce" }), facts),
  ]);
  main.id = "main";

  let waiting = 0;
  let connected = false;
  let sought = query.open;
  function schedule() {
    waiting ||= requestAnimationFrame(() => { waiting = 0; draw(); });
  }

  function draw() {
    const server = store.overview?.server ?? {};
    setText(title, server.name ?? "Simulator");
    document.title = pageTitle(server);
    for (const tab of tabs) {
      if (tab.dataset.view === query.view) tab.setAttribute("aria-current", "page");
      else tab.removeAttribute("aria-current");
    }
    if (!source.live) tabs[1].hidden = !store.overview?.definitions;
    timeline.hidden = query.view !== "timeline";
    filters.update();
    controls.update();
    report.update();
    // Before the list: an open detail takes from the width of the rows.
    detail.update();
    definitions.update();
    settings.update();
    if (query.view === "timeline") {
      list.update();
      // What was opened by a link or an address is shown among the rows as soon as it is there.
      if (sought && list.reveal(sought)) sought = null;
    }
    empty.update(Number(list.rows.getAttribute("aria-rowcount")), connected);
    timeline.classList.toggle("nothing", !empty.box.hidden);
    setText(facts, [
      [server.name, server.version].filter(Boolean).join(" "), server.seed !== undefined && server.seed !== null ? `seed ${visible(server.seed)}` : "",
      server.state ? `state: ${visible(server.state)}` : "", countText(store.requests.size, "request"), countText(store.callouts.size, "callout"),
    ].filter(Boolean).join(" · "));
  }

  function pageTitle(server) {
    if (!source.live) return visible(source.report.title ?? "Simulator report");
    let failed = 0;
    for (const callout of store.callouts.values()) if (callout.outcome === "failed") failed += 1;
    return `${failed ? `(${failed} failed) ` : ""}${server.name ?? "Simulator"}`;
  }

  function told(news) {
    if (!news.fresh && news.added.length && news.added.length < 50) {
      list.flash(news.added);
      const failed = news.added.filter((id) => store.callouts.get(id)?.outcome === "failed").length;
      notices.speak(`${countText(news.added.length, "new callout")}${failed ? `, ${failed} failed` : ""}`);
    }
    schedule();
  }

  function heard(name) {
    const [text, kind] = STATUS[name];
    const cut = !connected;
    connected = name !== "lost" && name !== "connecting";
    setText(status, text);
    status.className = `status ${kind}`;
    document.body.classList.toggle("lost", name === "lost");
    // A reset begins anew on the connection that there is.
    if (name === "again" && cut) notices.toast("Connected again.");
    if (name === "restarted") notices.toast("The server was restarted. What you see is what it holds now.", "again", 8);
    schedule();
  }

  store.listen(told);
  query.listen((keys) => {
    if (keys.includes("story") && !source.live) { source.choose(query.story); source.connect(hear); }
    if (keys.includes("open") && query.open) { detail.opened(); sought = query.open; }
    schedule();
  });
  theme.listen(schedule);
  if (source.live) setInterval(() => { if (store.overview?.clock?.kind === "real" && !document.hidden) schedule(); }, 1000);

  const SHORT = {
    "/": () => filters.focus(), "?": showHelp, t: () => theme.turn(),
    1: () => query.set({ view: "timeline" }), 2: () => query.set({ view: "definitions" }), 3: () => query.set({ view: "settings" }),
    a: () => source.live && controls.advance(), n: () => source.live && controls.next(),
    s: () => source.live && context.act.clock("settle"), d: () => source.live && context.act.clock("drain"),
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.target.closest?.("input, textarea, select, dialog") || !SHORT[event.key]) return;
    event.preventDefault();
    SHORT[event.key]();
  });

  async function copyText(text, name) {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // No clipboard on a plain http address other than loopback: the old way still works there.
      const area = el("textarea", { class: "sr" });
      area.value = text;
      document.body.append(area);
      area.select();
      const done = document.execCommand("copy");
      area.remove();
      if (!done) { notices.toast("The browser did not allow the copy.", "bad"); return; }
    }
    notices.toast(`Copied as ${name}`);
  }

  const hear = { status: heard, snapshot: store.snapshot, records: store.records };
  heard(source.live ? "connecting" : "frozen");
  source.connect(hear);
}

// The filters above the timeline. They are the page's address and nothing else: see query.js.

import {button, el, glyph, replace, setText} from "../model/dom.js";
import {OUTCOMES} from "./row.js";

export function createFilters(context, tools) {
  const { query, store } = context;
  const search = el("input", {
    type: "search", class: "search", placeholder: "Filter: words, code:503, -word", "aria-label": "Filter the records", autocomplete: "off", spellcheck: "false",
    "aria-keyshortcuts": "/",
  });
  let typing = 0;
  search.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(() => query.set({ q: search.value.trim() }), 80);
  });
  search.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    if (search.value) { search.value = ""; query.set({ q: null }); }
    search.blur();
  });
  const chips = new Map([[null, ["All", "all"]], ...Object.entries(OUTCOMES)].map(([value, [text, kind]]) => {
    const count = el("span", { class: "count" });
    const node = button([text[0].toUpperCase() + text.slice(1), count], () => query.set({ outcome: query.outcome === value ? null : value }), { class: `chip ${kind}` });
    return [value, { node, count }];
  }));
  const events = el("select", { "aria-label": "Event", on: { change: () => query.set({ event: events.value }) } });
  const providers = el("select", { "aria-label": "Provider", hidden: true, on: { change: () => query.set({ provider: providers.value }) } });
  const clear = button(glyph("close"), () => query.clear(), { class: "icon", hidden: true, "aria-label": "Clear filters", title: "Clear filters" });
  const unfold = button(glyph("unfold"), () => context.foldAll(true), { class: "icon", "aria-label": "Unfold everything", title: "Unfold everything" });
  const fold = button(glyph("fold"), () => context.foldAll(false), { class: "icon", "aria-label": "Fold everything", title: "Fold everything" });
  const bar = el("div", { class: "filters", role: "search", "aria-label": "Filters" },
    el("label", { class: "searchbox" }, glyph("search"), search),
    el("div", { class: "chips", role: "group", "aria-label": "Outcome" }, [...chips.values()].map(({ node }) => node)),
    events, providers, clear,
    el("span", { class: "spacer" }), el("span", { class: "zoom" }, unfold, fold), tools);
  let known = "";

  function options(select, all, values, current) {
    replace(select, el("option", { value: "", text: all }), values.map(([value, text]) => el("option", { value, text })));
    select.value = current ?? "";
  }

  return {
    bar,
    focus: () => { search.focus(); search.select(); },
    update() {
      if (document.activeElement !== search || !query.q) { if (search.value.trim() !== (query.q ?? "")) search.value = query.q ?? ""; }
      const counts = new Map([[null, store.callouts.size]]);
      const names = new Set(query.event ? [query.event] : []);
      const from = new Set([...store.providers, ...(query.provider ? [query.provider] : [])]);
      for (const callout of store.callouts.values()) {
        counts.set(callout.outcome, (counts.get(callout.outcome) ?? 0) + 1);
        names.add(callout.event);
      }
      for (const [value, { node, count }] of chips) {
        setText(count, (counts.get(value) ?? 0).toLocaleString("en"));
        node.setAttribute("aria-pressed", String((query.outcome ?? null) === value));
      }
      const stamp = [...names].sort().join("\n") + [...from].sort().join("\n") + query.event + query.provider;
      if (stamp !== known) {
        known = stamp;
        options(events, "Every event", [...names].sort().map((name) => [name, name]), query.event);
        options(providers, "Every provider", [...from].sort().map((name) => [name, store.overview?.providers?.[name] ?? name]), query.provider);
      }
      events.hidden = names.size < 2 && !query.event;
      providers.hidden = from.size < 2 && !query.provider;
      clear.hidden = !query.filtered();
      bar.hidden = query.view !== "timeline";
    },
  };
}

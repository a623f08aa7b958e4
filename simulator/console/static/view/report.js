// The head of a report: was everything met, what was not, and how to do it again. A failed expectation is the first
// thing that is seen.

import {append, button, el, replace, visible} from "../model/dom.js";
import {countText} from "../model/format.js";

export function createReport(context) {
  const { source, query, store, copyText } = context;
  if (source.live) return { head: null, update() {} };
  const { report, stories } = source;
  const head = el("section", { class: "report", "aria-label": "Verdict" });
  let drawn = "";

  const missed = (story) => (story.expectations ?? []).filter((one) => one.met === false);

  function verdict() {
    const all = stories.flatMap((story) => story.expectations ?? []);
    const failed = stories.flatMap(missed);
    const untold = stories.filter((story) => story.verdict === "unreachable");
    if (untold.length) return el("p", { class: "verdict bad" }, `${countText(untold.length, "story", "stories")} could not be told`);
    if (!all.length) return el("p", { class: "verdict plain" }, `${countText(store.callouts.size, "callout")}, nothing was expected of them`);
    return failed.length
      ? el("p", { class: "verdict bad" }, `${countText(failed.length, "expectation")} of ${all.length} not met`)
      : el("p", { class: "verdict good" }, all.length === 1 ? "The expectation is met" : `All ${all.length} expectations met`);
  }

  function expectation(one) {
    const links = (one.callouts ?? []).filter((id) => store.callouts.has(id)).slice(0, 5);
    return el("li", { class: one.met ? "met" : "missed" },
      el("p", {}, el("span", { class: "tick-mark", "aria-hidden": "true", text: one.met ? "✓" : "✗" }), el("span", { class: "sr", text: one.met ? "met: " : "not met: " }),
        el("b", { text: visible(one.title ?? text(one.expected)) }), one.where && el("code", { class: "hint", text: visible(one.where) })),
      !one.met && el("dl", { class: "compare" }, el("dt", { text: "expected" }), el("dd", { text: visible(text(one.expected)) }), el("dt", { text: "actual" }), el("dd", { text: visible(text(one.actual)) })),
      !one.met && one.hint && el("p", { class: "note", text: visible(one.hint) }),
      links.length > 0 && !one.met && el("p", {}, links.map((id) => button(["Show ", visible(store.callouts.get(id).event)], () => query.set({ open: id, attempt: null }), { class: "link" }))));
  }

  function text(value) {
    return typeof value === "string" ? value : JSON.stringify(value) ?? "nothing";
  }

  function deduplication() {
    const rows = new Map();
    for (const callout of store.callouts.values()) {
      const sent = callout.attempts.flatMap((attempt) => attempt.exchanges).filter((exchange) => !exchange.purpose || exchange.purpose === "callout");
      const known = rows.get(callout.notificationId) ?? { event: callout.event, times: 0, ids: new Set() };
      known.times += sent.length;
      for (const exchange of sent) known.ids.add(exchange.requestId);
      rows.set(callout.notificationId, known);
    }
    const repeated = [...rows].filter(([, row]) => row.times > 1).slice(0, 200);
    if (!repeated.length) return null;
    return el("details", {}, el("summary", { text: `Deduplication: ${countText(repeated.length, "notification")} reached the receiver more than once` }),
      el("table", { class: "table" },
        el("thead", {}, el("tr", {}, ["Notification id", "Event", "Requests", "Request ids"].map((title) => el("th", { text: title })))),
        el("tbody", {}, repeated.map(([id, row]) => el("tr", {}, el("td", {}, el("code", { text: visible(id) })), el("td", { text: visible(row.event) }), el("td", { text: String(row.times) }),
          el("td", {}, [...row.ids].slice(0, 12).map((one) => [el("code", { text: visible(one) }), " "])))))));
  }

  return {
    head,
    update() {
      const stamp = `${query.story ?? 0}|${store.version}`;
      if (stamp === drawn) return;
      drawn = stamp;
      const story = source.story;
      const failed = missed(story);
      const met = (story.expectations ?? []).filter((one) => one.met !== false);
      replace(head,
        el("div", { class: "report-title" }, el("h1", { text: visible(report.title ?? story.title ?? "Report") }), verdict()),
        stories.length > 1 && el("label", { class: "stories" }, "Story ",
          el("select", { on: { change: (event) => query.set({ story: event.target.value, open: null, attempt: null }) } },
            stories.map((one, place) => el("option", { value: String(place), selected: one === story }, `${missed(one).length || one.verdict === "unreachable" ? "✗" : one.verdict === "skipped" ? "–" : "✓"} ${visible(one.title ?? one.file)}`)))),
        story.detail && el("p", { class: "note warning", text: visible(`${story.verdict ? `${story.verdict}: ` : ""}${story.detail}`) }),
        failed.length > 0 && el("ul", { class: "expectations" }, failed.map(expectation)));
      append(head, [
        el("details", { open: false }, el("summary", { text: `How it was made${met.length ? `, and ${countText(met.length, "expectation")} met` : ""}` }),
          met.length > 0 && el("ul", { class: "expectations" }, met.map(expectation)),
          el("dl", { class: "facts" }, [
            ["Story", story.title], ["File", story.file], ["Hash", story.hash], ["Seed", story.seed],
            ["Masked", (report.masked ?? []).join(", ")],
          ].filter(([, value]) => value !== undefined && value !== null && value !== "").map(([name, value]) => [el("dt", { text: name }), el("dd", { text: visible(value) })])),
          report.command && el("div", { class: "command-line" }, el("pre", { class: "command", tabindex: "0", text: visible(report.command) }), button("Copy", () => copyText(report.command, "command"), { class: "slight" })),
          story.text && el("details", {}, el("summary", { text: "The story's text" }), el("pre", { class: "body", tabindex: "0", text: visible(story.text) }))),
        deduplication(),
      ]);
    },
  };
}

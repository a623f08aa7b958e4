// One row of the timeline: what it is, its stretch of time, how it stands.

import {append, el, glyph, visible} from "../model/dom.js";
import {countText, fullText, shortId, spanText, timeText} from "../model/format.js";
import {codeText, drawLane, tone, triedText, waitText} from "./lane.js";

export function drawRow(node, row, index, look) {
  const { scale } = look;
  const stamp = [
    row.key, row.group.version, row.open, scale.from, scale.to, scale.width, look.origin,
    row.kind === "due" || row.item.due ? look.store.now : 0, index,
  ].join("|");
  node.className = `row ${row.kind}${look.active ? " active" : ""}${look.selected ? " selected" : ""}${look.lately ? " lately" : ""}`;
  node.setAttribute("aria-selected", String(Boolean(look.selected)));
  if (node.stamp === stamp) return;
  node.stamp = stamp;
  node.id = `row-${index}`;
  node.dataset.index = String(index);
  node.dataset.key = row.key;
  node.setAttribute("aria-rowindex", String(index + 1));
  node.setAttribute("aria-level", String(row.depth + 1));
  if (row.open === undefined) node.removeAttribute("aria-expanded");
  else node.setAttribute("aria-expanded", String(row.open));
  const twisty = el("span", { class: `twisty${row.open ? " open" : ""}` }, row.open !== undefined && glyph("chevron"));
  const label = el("div", { class: `cell label depth${row.depth}`, role: "gridcell" }, twisty, LABEL[row.kind](row));
  const lane = el("div", { class: "cell track", role: "gridcell" }, drawLane(row, scale, look.origin));
  const state = el("div", { class: "cell state", role: "gridcell" }, STATE[row.kind](row, look.store.now));
  node.replaceChildren();
  append(node, [label, lane, state]);
}

export function badge(text, kind, title) {
  return el("span", { class: `badge ${kind}`, title }, text);
}

export const OUTCOMES = {
  delivered: ["delivered", "good"],
  failed: ["failed", "bad"],
  pending: ["pending", "again"],
  "not-sent": ["not sent", "none"],
};

const STATES = { succeeded: "good", failed: "bad", queued: "wait", never: "none" };

export function outcomeBadge(callout) {
  const [text, kind] = OUTCOMES[callout.outcome] ?? [callout.outcome, "none"];
  return badge(text, callout.outcome === "pending" && !callout.attempts.length ? "wait" : kind);
}

export function stateBadge(request) {
  return badge(visible(request.state), STATES[request.state] ?? "again");
}

export function place(url) {
  try {
    const parts = new URL(url);
    return parts.host + parts.pathname;
  } catch {
    return url;
  }
}

const LABEL = {
  request: ({ item, callouts, open }) => [
    el("span", { class: "method", text: visible(item.method) }),
    el("span", { class: "name path", text: visible(item.path), title: visible(item.path) }),
    item.label && el("span", { class: "what", text: visible(item.label), title: visible(item.label) }),
    !open && callouts.length > 0 && el("span", { class: "hint", text: countText(callouts.length, "callout") }),
    !callouts.length && item.state !== "queued" && el("span", { class: "hint", text: "nobody was told" }),
  ],
  event: ({ item, callouts }) => [
    el("span", { class: "diamond" }),
    el("span", { class: "name", text: visible(item.name) }),
    el("span", { class: "hint", text: callouts.length ? countText(callouts.length, "callout") : "nobody listens" }),
  ],
  callout: ({ item }) => [
    el("span", { class: "diamond" }),
    el("span", { class: "name", text: visible(item.event) }),
    el("span", { class: "arrow", text: "→" }),
    el("span", { class: "place", text: visible(place(item.url)), title: visible(`${item.method} ${item.url}`) }),
  ],
  attempt: ({ item, callout }) => [
    el("span", { class: `code ${tone(item, callout)}`, text: codeText(item) }),
    el("span", { class: "name quiet", text: item.resend ? `Resent, attempt ${item.number}` : `Attempt ${item.number} of ${item.limit ?? callout.maxAttempts ?? "?"}` }),
    el("span", { class: "why", text: visible(item.why), title: visible(item.why) }),
  ],
  exchange: ({ item, place: number }) => [
    el("span", { class: "method", text: visible(item.method) }),
    el("span", { class: "name quiet" }, `Exchange ${number + 1} → `, el("b", { text: codeText(item) })),
    el("span", { class: "hint", text: [item.purpose && item.purpose !== "callout" ? item.purpose : "", item.duplicate ? "duplicate" : "", shortId(item.requestId)].filter(Boolean).join(" · ") }),
  ],
  due: ({ item }) => [
    el("span", { class: "code due", text: "due" }),
    el("span", { class: "name quiet", text: `Attempt ${(item.attempts.at(-1)?.number ?? 0) + 1} of ${item.maxAttempts ?? item.attempts.at(-1)?.limit ?? "?"}` }),
    el("span", { class: "why", text: `waits until ${fullText(item.due)}` }),
  ],
};

const STATE = {
  request: ({ item, callouts, open }) => [
    !open && callouts.length > 0 && summary(callouts),
    (open || !callouts.length || item.state !== "succeeded") && stateBadge(item),
  ],
  event: ({ callouts, open }) => (open || !callouts.length ? null : summary(callouts)),
  callout: ({ item }, now) => [
    el("span", { class: "tally", text: item.attempts.length ? triedText(item, "/", "resent") : waitText(item, now) }),
    outcomeBadge(item),
  ],
  attempt: ({ item }) => [el("span", { class: "moment", text: item.sent === null ? "" : timeText(item.sent), title: fullText(item.sent) }), took(item)],
  exchange: ({ item }) => took(item),
  due: ({ item }, now) => el("span", { class: "moment", text: waitText(item, now) }),
};

function took(item) {
  if (item.sent === null || item.ended === null || item.ended <= item.sent) return null;
  return el("span", { class: "hint", text: spanText(item.ended - item.sent) });
}

function summary(callouts) {
  if (callouts.length === 1) return outcomeBadge(callouts[0]);
  const counts = {};
  for (const callout of callouts) counts[callout.outcome] = (counts[callout.outcome] ?? 0) + 1;
  return Object.entries(counts).map(([outcome, count]) => {
    const [text, kind] = OUTCOMES[outcome] ?? [outcome, "none"];
    return badge(`${count} ${text}`, kind);
  });
}

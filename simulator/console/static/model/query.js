// What is looked at: filters, the open record, the view. The address of the page is its only memory, so a link shows the
// same thing to somebody else, and Back goes back.

import {instant} from "./format.js";

const KEYS = ["view", "q", "outcome", "event", "provider", "from", "to", "axis", "order", "open", "attempt", "story"];
const DEFAULTS = { view: "timeline", axis: "clock" };
const among = (...words) => (text) => words.includes(text);
const isInstant = (text) => instant(text) !== null;
// What can be meant; an address that says something else there is read as if it said nothing.
const MEANT = {
  view: among("timeline", "definitions", "settings"), axis: among("clock", "start"), order: among("newest", "oldest"), from: isInstant, to: isInstant,
};
// A change of these is a step that Back undoes; the others are typing.
const STEPS = new Set(["view", "open", "story"]);

// Live, the newest comes first; a report is a story, and is told from its beginning.
export function createQuery(order) {
  DEFAULTS.order = order;
  const listeners = new Set();
  const query = {
    ...read(),
    listen: (act) => listeners.add(act),
    set(patch) {
      const step = Object.keys(patch).some((key) => STEPS.has(key) && (patch[key] ?? DEFAULTS[key] ?? null) !== query[key]);
      Object.assign(query, fill(patch));
      const address = location.pathname + text(query);
      if (step) history.pushState(null, "", address);
      else history.replaceState(null, "", address);
      tell(Object.keys(patch));
    },
    clear: () => query.set({ q: null, outcome: null, event: null, provider: null, from: null, to: null }),
    filtered: () => Boolean(query.q || query.outcome || query.event || query.provider || query.from || query.to),
  };
  const tell = (keys) => { for (const act of listeners) act(keys); };
  window.addEventListener("popstate", () => { Object.assign(query, read()); tell(KEYS); });
  return query;
}

function fill(patch) {
  return Object.fromEntries(Object.entries(patch).map(([key, value]) => [key, value || DEFAULTS[key] || null]));
}

function read() {
  const given = new URLSearchParams(location.search);
  const meant = (key) => (!MEANT[key] || MEANT[key](given.get(key)) ? given.get(key) : null);
  return Object.fromEntries(KEYS.map((key) => [key, meant(key) || DEFAULTS[key] || null]));
}

function text(query) {
  const given = new URLSearchParams();
  for (const key of KEYS) if (query[key] && query[key] !== DEFAULTS[key]) given.set(key, query[key]);
  const search = given.toString();
  return search ? `?${search}` : "";
}

export function matcher(query) {
  const words = (query.q ?? "").toLowerCase().split(/\s+/).filter(Boolean);
  const wanted = words.filter((word) => !word.startsWith("-"));
  const unwanted = words.filter((word) => word.startsWith("-") && word.length > 1).map((word) => word.slice(1));
  const from = query.from ? Date.parse(query.from) : -Infinity;
  const to = query.to ? Date.parse(query.to) : Infinity;
  const says = (hay) => wanted.every((word) => hay.includes(word)) && !unwanted.some((word) => hay.includes(word));
  const ofCallouts = Boolean(query.outcome || query.event);
  return {
    group: (group) => group.to >= from && group.at <= to,
    request: (request) => !ofCallouts && (!query.provider || request.provider === query.provider) && says(request.hay),
    callout: (callout, request) =>
      (!query.outcome || callout.outcome === query.outcome) &&
      (!query.event || callout.event === query.event) &&
      (!query.provider || callout.provider === query.provider) &&
      (!words.length || says(request ? `${callout.hay}\n${request.hay}` : callout.hay)),
  };
}

// The records that the page holds, by id, and their grouping: a request with the events and callouts that came of it, or
// an event that was fired by itself. It knows nothing of pixels, filters or where records come from.

import {instant} from "./format.js";

const RANK = { failed: 3, "not-sent": 2, pending: 1, delivered: 0 };

export function createStore() {
  const listeners = new Set();
  const store = {
    overview: null,
    callouts: new Map(),
    requests: new Map(),
    groups: new Map(),
    ordered: [],
    touched: new Set(),
    providers: new Set(),
    expected: { requests: 0, callouts: 0 },
    version: 0,
    // A running clock goes on between two words of the server.
    get now() {
      const overview = store.overview;
      if (!overview || overview.now === undefined) return null;
      return overview.clock.kind === "real" ? overview.now + (performance.now() - overview.heard) * (overview.clock.rate ?? 1) : overview.now;
    },
    groupOf: (callout) => store.groups.get(groupKey(callout)),
    listen: (act) => listeners.add(act),
    tell: (news) => { store.version += 1; for (const act of listeners) act(news); },
    snapshot(message) {
      store.callouts.clear();
      store.requests.clear();
      store.groups.clear();
      store.providers.clear();
      store.ordered = [];
      store.expected = { requests: message.requestCount ?? 0, callouts: message.calloutCount ?? 0 };
      store.records(message, true);
    },
    records(message, fresh = false) {
      if (message.overview) store.overview = { ...store.overview, ...message.overview };
      if (message.clock) store.overview = { ...store.overview, clock: message.clock, now: instant(message.clock.now), heard: performance.now() };
      const news = { fresh, added: [], changed: [] };
      for (const row of message.requests ?? []) takeRequest(store, row);
      for (const row of message.callouts ?? []) (takeCallout(store, row) ? news.added : news.changed).push(row.id);
      // Once a frame, not once a row: one event may have ten thousand callouts.
      for (const group of store.touched) measure(store, group);
      store.touched.clear();
      order(store);
      store.tell(news);
    },
  };
  return store;
}

function groupKey(callout) {
  return callout.requestId ? `request:${callout.requestId}` : `event:${callout.eventId ?? callout.id}`;
}

function groupFor(store, key) {
  let group = store.groups.get(key);
  if (!group) {
    group = { key, request: null, callouts: [], byId: new Map(), version: 0, at: Infinity, seq: 0, from: Infinity, to: -Infinity, worst: 0 };
    store.groups.set(key, group);
    store.ordered.push(group);
    store.unordered = true;
  }
  return group;
}

function takeRequest(store, row) {
  if (row.provider) store.providers.add(row.provider);
  const known = store.requests.get(row.id);
  const request = {
    ...row,
    kind: "request",
    created: instant(row.createTime),
    completed: instant(row.completeTime),
    due: instant(row.dueAt),
    version: (known?.version ?? 0) + 1,
    hay: hay([row.id, `method:${row.method}`, row.path, row.state, row.trackId, row.provider, row.error, row.label]),
  };
  store.requests.set(row.id, request);
  const group = groupFor(store, `request:${row.id}`);
  group.request = request;
  store.touched.add(group);
}

function takeCallout(store, row) {
  if (row.provider) store.providers.add(row.provider);
  const known = store.callouts.get(row.id);
  const attempts = (row.attempts ?? []).map((attempt) => ({
    ...attempt,
    exchanges: (attempt.exchanges ?? []).map(lightExchange),
    sent: instant(attempt.sentAt),
    ended: instant(attempt.endedAt),
    retry: instant(attempt.retryAt),
  }));
  const callout = {
    ...row,
    kind: "callout",
    attempts,
    fired: instant(row.eventAt),
    due: instant(row.dueAt),
    version: (known?.version ?? 0) + 1,
    hay: hay([
      row.id, row.notificationId, row.event, row.requestId, `method:${row.method}`, row.url, `outcome:${row.outcome}`, row.provider,
      ...attempts.flatMap((attempt) => [
        `code:${attempt.responseCode}`, attempt.errorClass && `class:${attempt.errorClass}`, attempt.historyId,
        ...attempt.exchanges.map((exchange) => exchange.requestId),
      ]),
    ]),
  };
  store.callouts.set(row.id, callout);
  const group = groupFor(store, groupKey(row));
  group.byId.set(row.id, callout);
  store.touched.add(group);
  return !known;
}

function lightExchange(exchange) {
  const { requestId, method, status, errorClass, purpose, duplicate } = exchange;
  return { requestId, method, status, errorClass, purpose, duplicate, sent: instant(exchange.sentAt), ended: instant(exchange.endedAt) };
}

function hay(words) {
  return words.filter(Boolean).join("\n").toLowerCase();
}

function measure(store, group) {
  group.callouts = [...group.byId.values()].sort((one, other) => (one.seq ?? 0) - (other.seq ?? 0));
  const starts = [group.request?.created, ...group.callouts.map((callout) => callout.fired ?? callout.attempts[0]?.sent)];
  const at = Math.min(...starts.filter((ms) => ms !== null && ms !== undefined));
  const seq = group.request?.seq ?? group.callouts[0]?.seq ?? 0;
  if (at !== group.at || seq !== group.seq) store.unordered = true;
  group.at = at;
  group.seq = seq;
  group.from = at;
  group.to = at;
  const reach = (ms) => { if (ms !== null && ms !== undefined && ms > group.to) group.to = ms; };
  if (group.request) [group.request.completed, group.request.due].forEach(reach);
  group.worst = group.request?.state === "failed" ? 1 : 0;
  for (const callout of group.callouts) {
    reach(callout.due);
    for (const attempt of callout.attempts) reach(attempt.ended);
    group.worst = Math.max(group.worst, RANK[callout.outcome] ?? 0);
  }
  group.version += 1;
}

function order(store) {
  if (!store.unordered) return;
  store.ordered.sort((one, other) => one.at - other.at || one.seq - other.seq);
  store.unordered = false;
}

export function eventsOf(group) {
  const events = new Map();
  for (const event of group.request?.events ?? []) {
    events.set(event.id, { kind: "event", id: event.id, name: event.name, at: instant(event.at), callouts: [] });
  }
  for (const callout of group.callouts) {
    const id = callout.eventId ?? callout.id;
    if (!events.has(id)) events.set(id, { kind: "event", id, name: callout.event, at: callout.fired, callouts: [] });
    events.get(id).callouts.push(callout);
  }
  return [...events.values()];
}

export function failing(callout) {
  return callout.outcome === "failed" || callout.outcome === "not-sent" || (callout.outcome === "pending" && callout.attempts.length > 0);
}

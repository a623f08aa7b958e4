// The rows of the timeline, in order: which groups match, what is folded, how deep. A group's rows are made anew only
// when the group, its folds or the filters have changed.

import {eventsOf, failing} from "./store.js";
import {matcher} from "./query.js";

export function createTree(store, query) {
  const folds = new Map();
  let cache = new WeakMap();
  let stamp = "";
  let shown = [];
  let starts = [];
  let total = 0;

  const isOpen = (key, natural) => folds.get(key) ?? natural;

  function rowsOf(group) {
    const known = cache.get(group);
    if (known && known.version === group.version) return known.rows;
    const rows = build(group, matching(group), isOpen);
    cache.set(group, { version: group.version, rows });
    return rows;
  }

  let match = null;
  function matching(group) {
    if (!match.group(group)) return null;
    const kept = group.callouts.filter((callout) => match.callout(callout, group.request));
    const all = group.request && match.request(group.request);
    if (!kept.length && !all) return null;
    return kept.length ? kept : group.callouts;
  }

  return {
    refresh() {
      const wanted = [query.q, query.outcome, query.event, query.provider, query.from, query.to].join("\u0000");
      if (wanted !== stamp) { cache = new WeakMap(); stamp = wanted; }
      match = matcher(query);
      shown = [];
      starts = [];
      total = 0;
      const groups = store.ordered;
      const newest = query.order !== "oldest";
      for (let index = 0; index < groups.length; index += 1) {
        const group = groups[newest ? groups.length - 1 - index : index];
        const rows = rowsOf(group);
        if (!rows.length) continue;
        shown.push(group);
        starts.push(total);
        total += rows.length;
      }
    },
    get length() { return total; },
    get groups() { return shown; },
    row(index) {
      let low = 0;
      let high = starts.length - 1;
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if (starts[middle] <= index) low = middle;
        else high = middle - 1;
      }
      return rowsOf(shown[low])[index - starts[low]];
    },
    find(key) {
      for (let place = 0; place < shown.length; place += 1) {
        const index = rowsOf(shown[place]).findIndex((row) => row.key === key);
        if (index >= 0) return starts[place] + index;
      }
      return -1;
    },
    fold(row, open) {
      folds.set(row.key, open);
      cache.delete(row.group);
    },
    foldAll(open) {
      folds.clear();
      cache = new WeakMap();
      if (open === undefined) return;
      for (const group of store.ordered) {
        folds.set(group.key, open);
        for (const callout of group.callouts) folds.set(callout.id, open);
      }
    },
    reveal(callout) {
      const group = store.groupOf(callout);
      folds.set(group.key, true);
      folds.set(`${group.key}/${callout.eventId ?? callout.id}`, true);
      cache.delete(group);
    },
  };
}

function build(group, callouts, isOpen) {
  if (!callouts) return [];
  const rows = [];
  const wrong = callouts.some(failing) || group.request?.state === "failed";
  let depth = 0;
  if (group.request) {
    const open = isOpen(group.key, wrong);
    const expandable = callouts.length > 0;
    rows.push({ key: group.key, kind: "request", depth: 0, group, item: group.request, callouts, open: expandable ? open : undefined });
    if (!open) return rows;
    depth = 1;
  }
  const events = eventsOf(group).filter((event) => !event.callouts.length || event.callouts.some((one) => callouts.includes(one)));
  for (const event of events) {
    const told = event.callouts.filter((one) => callouts.includes(one));
    let below = depth;
    // One party that hears is told in the event's own row; several get a row each below it.
    if (told.length !== 1 || event.callouts.length !== 1) {
      const key = `${group.key}/${event.id}`;
      const open = isOpen(key, told.some(failing));
      rows.push({ key, kind: "event", depth, group, item: event, callouts: told, open: told.length ? open : undefined });
      if (!open) continue;
      below += 1;
    }
    for (const callout of told) addCallout(rows, group, callout, below, isOpen);
  }
  return rows;
}

function addCallout(rows, group, callout, depth, isOpen) {
  const open = isOpen(callout.id, failing(callout));
  rows.push({ key: callout.id, kind: "callout", depth, group, item: callout, open: callout.attempts.length ? open : undefined });
  if (!open) return;
  for (const attempt of callout.attempts) {
    const key = `${callout.id}/${attempt.historyId ?? attempt.number}`;
    const natural = attempt.exchanges.length > 1;
    const unfolded = isOpen(key, natural);
    rows.push({ key, kind: "attempt", depth: depth + 1, group, callout, item: attempt, open: attempt.exchanges.length ? unfolded : undefined });
    if (!unfolded) continue;
    attempt.exchanges.forEach((exchange, place) => {
      rows.push({ key: `${key}/${place}`, kind: "exchange", depth: depth + 2, group, callout, attempt, place, item: exchange });
    });
  }
  if (callout.due !== null && callout.attempts.length) {
    rows.push({ key: `${callout.id}/due`, kind: "due", depth: depth + 1, group, callout, item: callout });
  }
}

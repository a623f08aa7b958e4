// The simulator's clock and what moves it. It shows the time of the last word from the server; on a running clock it
// counts on from there.

import {button, el, setText} from "../model/dom.js";
import {dayText, parseSpan, spanText, timeText} from "../model/format.js";

const CHOICES = ["1m", "30m", "1h", "24h"];

export function createControls(context) {
  const { store, source, act, toast } = context;
  const time = el("span", { class: "time", text: "–" });
  const day = el("span", { class: "day" });
  const kind = el("span", { class: "clock-kind" });
  const clock = el("div", { class: "clock", role: "group", "aria-label": "The simulator's clock" }, time, el("span", { class: "under" }, day, kind));
  if (!source.live) return { clock, bar: null, update, next: () => null };

  const amount = el("input", { id: "advance-by", value: "30m", size: "6", list: "advance-choices", "aria-label": "Advance by, such as 30m", autocomplete: "off" });
  const choices = el("datalist", { id: "advance-choices" }, CHOICES.map((value) => el("option", { value })));
  const form = el("form", { class: "advance", on: { submit: (event) => { event.preventDefault(); advance(); } } },
    amount, choices, el("button", { type: "submit", class: "primary", title: "Move the clock on by this much (a)", text: "Advance" }));
  const next = button("Next retry", () => act.clock("advance", dueIn()), { title: "Move the clock to the next thing that is due (n)" });
  const settle = button("Settle", () => act.clock("settle"), { title: "Deliver what is due now; time stands still (s)" });
  const drain = button("Drain", () => act.clock("drain"), { title: "Move time until nothing is due any more (d)" });
  const reset = button("Reset…", () => act.reset(), { class: "quiet", title: "Forget everything and begin again" });
  const bar = el("div", { class: "controls", role: "toolbar", "aria-label": "Time" }, form, next, settle, drain, reset);

  function advance() {
    const span = parseSpan(amount.value);
    if (span === null || span <= 0) {
      toast(`“${amount.value}” is no span of time: write 30m, 24h, 15s or 1h30m`, "bad");
      amount.focus();
      return;
    }
    act.clock("advance", span);
  }

  function firstDue() {
    let first = Infinity;
    for (const callout of store.callouts.values()) if (callout.due !== null && callout.due < first) first = callout.due;
    for (const request of store.requests.values()) if (request.completed === null && request.due !== null && request.due < first) first = request.due;
    return first;
  }

  function dueIn() {
    const first = firstDue();
    return Number.isFinite(first) ? Math.max(first - store.now, 1) : null;
  }

  function update() {
    const overview = store.overview;
    const shown = store.now;
    if (shown === null) return;
    setText(time, timeText(shown));
    setText(day, dayText(shown));
    const rate = overview.clock?.rate;
    setText(kind, rate && rate !== 1 ? `${overview.clock.kind} ×${rate}` : overview.clock?.kind ?? "");
    if (!source.live) return;
    const first = firstDue();
    const nothing = !Number.isFinite(first);
    next.setAttribute("aria-disabled", String(nothing));
    next.title = nothing ? "Nothing is due" : `Move the clock to the next thing that is due (n)`;
    setText(next, nothing ? "Next retry" : `Next retry · ${first <= shown ? "now" : spanText(first - shown)}`);
  }

  return { clock, bar, update, advance, next: () => dueIn() !== null && act.clock("advance", dueIn()), amount };
}

// The open record: a callout with its attempts, or a request with what came of it. A row's light record is shown at
// once; the whole record is asked for when it is opened and again when it has changed.

import {append, button, el, glyph, replace, setText, visible} from "../model/dom.js";
import {asCurl, asPytest, asScenarioStep} from "../model/copies.js";
import {fullText, spanText} from "../model/format.js";
import {eventsOf} from "../model/store.js";
import {codeText, tone, triedText, waitText} from "./lane.js";
import {drawBody, drawExchange, moments} from "./exchange.js";
import {badge, outcomeBadge, place, stateBadge} from "./row.js";
import {drawOutcomeForm} from "./outcome.js";

export function createDetail(context) {
  const { query, store, source, act, copy } = context;
  const content = el("div", { class: "detail-content" });
  const panel = el("aside", { class: "detail", hidden: true, tabindex: "-1", "aria-label": "Detail" }, content);
  let whole = { key: null, version: 0, record: null, fault: null };
  let asking = null;
  let drawn = "";
  let opener = null;
  const due = el("span", { class: "hint" });

  function close() {
    query.set({ open: null, attempt: null });
    opener?.focus({ preventScroll: true });
  }

  function current() {
    if (!query.open) return null;
    return store.callouts.get(query.open) ?? store.groups.get(query.open)?.request ?? null;
  }

  function keyOf(record) {
    return `${record.kind}:${record.id}`;
  }

  async function ask(record) {
    const key = keyOf(record);
    if (whole.key === key && whole.version === record.version) return;
    if (asking === `${key}:${record.version}`) return;
    asking = `${key}:${record.version}`;
    let answer = { record: null, fault: null };
    try { answer.record = await (record.kind === "callout" ? source.callout(record.id) : source.request(record.id)); } catch (fault) { answer.fault = fault.message; }
    if (asking !== `${key}:${record.version}`) return;
    asking = null;
    whole = { key, version: record.version, ...answer };
    drawn = "";
    update();
  }

  function update() {
    const record = current();
    const open = Boolean(query.open) && query.view === "timeline";
    panel.hidden = !open;
    document.body.classList.toggle("with-detail", open);
    if (!open) { drawn = ""; return; }
    if (!record) {
      drawn = "";
      replace(content, heading("Record", visible(query.open)), el("p", { class: "note", text: "There is no such record (any more): it may belong to an earlier run of the server." }));
      return;
    }
    const now = store.now;
    const stamp = [keyOf(record), record.version, query.attempt, whole.key, whole.version].join("|");
    if (stamp !== drawn) {
      const kept = drawn.startsWith(keyOf(record)) ? panel.scrollTop : 0;
      const focused = content.contains(document.activeElement) ? document.activeElement.dataset.focus : null;
      drawn = stamp;
      if (record.kind === "callout") drawCallout(record);
      else drawJob(record);
      panel.scrollTop = kept;
      if (focused) [...content.querySelectorAll("[data-focus]")].find((node) => node.dataset.focus === focused)?.focus();
    }
    // Time passes without the rest being drawn anew: what somebody has marked or scrolled to stays.
    if (record.kind === "callout") setText(due, waitText(record, now));
    ask(record);
  }

  function heading(kind, title, ...badges) {
    return el("header", { class: "detail-head" },
      el("div", {}, el("p", { class: "eyebrow", text: kind }), el("h2", { text: title }), el("p", { class: "badges" }, badges)),
      button(glyph("close"), close, { class: "icon", "aria-label": "Close the detail", title: "Close (Esc)", data: { focus: "close" } }));
  }

  function facts(entries) {
    const told = entries.filter(([, value]) => value !== null && value !== undefined && value !== "");
    return el("dl", { class: "facts" }, told.map(([name, value]) => [
      el("dt", { text: name }),
      el("dd", {}, typeof value === "string" || typeof value === "number" ? visible(value) : value),
    ]));
  }

  function drawCallout(callout) {
    const full = whole.key === keyOf(callout) ? whole.record : null;
    const attempts = callout.attempts;
    const chosen = attempts.find((attempt) => String(attempt.number) === query.attempt) ?? attempts.at(-1);
    const group = store.groupOf(callout);
    replace(content,
      heading("Callout", visible(callout.event),
        outcomeBadge(callout),
        attempts.length > 0 && el("span", { class: "hint", text: `attempt ${triedText(callout, " of ", "a resend")}` }),
        due,
        store.providers.size > 1 && badge(visible(store.overview?.providers?.[callout.provider] ?? callout.provider), "none")),
      chosen ? whyBox(chosen, callout) : el("p", { class: "why-box wait", text: callout.due === null ? "Nothing has been sent." : `The first attempt is due at ${fullText(callout.due)}.` }),
      (callout.warnings ?? []).map((warning) => el("p", { class: "note warning", text: visible(warning) })),
      actions(callout, full),
      attempts.length > 1 && el("div", { class: "attempts", role: "group", "aria-label": "Attempts" }, attempts.map((attempt) =>
        button([el("span", { class: "number", text: attempt.resend ? `${attempt.number} resent` : String(attempt.number) }), el("span", { class: `code ${tone(attempt, callout)}`, text: codeText(attempt) })],
          () => query.set({ attempt: String(attempt.number) }),
          { class: "attempt-tab", "aria-pressed": String(attempt === chosen), "aria-label": `Attempt ${attempt.number}: ${codeText(attempt)}`, data: { focus: `attempt ${attempt.number}` } }))),
      chosen && drawAttempt(chosen, callout, full),
      el("section", { class: "about" }, el("h3", { text: "About this callout" }), facts([
        ["To", `${callout.method} ${callout.url}`],
        ["Notification id", callout.notificationId],
        ["Definition", callout.definition?.name ?? callout.definition?.id],
        ["Event", callout.fired === null ? null : fullText(callout.fired)],
        ["Client id", callout.clientId],
        ...Object.entries(full?.fields ?? {}).map(([name, value]) => [name, value === "" ? "(empty)" : value]),
      ])),
      related(callout, group));
  }

  function whyBox(attempt, callout) {
    return el("p", { class: `why-box ${tone(attempt, callout)}` }, el("span", { class: "sr", text: "Why: " }), visible(attempt.why || "No reason is recorded."));
  }

  function drawAttempt(attempt, callout, full) {
    const record = full?.attempts?.find((one) => one.number === attempt.number && (one.historyId ?? null) === (attempt.historyId ?? null))
      ?? full?.attempts?.find((one) => one.number === attempt.number);
    const exchanges = record?.exchanges ?? [];
    const section = el("section", { class: "tried", "aria-label": `Attempt ${attempt.number}` },
      facts([
        ["Response code", codeText(attempt) === String(attempt.responseCode) ? attempt.responseCode : `${attempt.responseCode} (${attempt.errorClass})`],
        ...moments(attempt),
        ["History id", attempt.historyId],
        ["Patience", attempt.patience ? "cut short by the setting “patience”; the times are nominal" : null],
      ]));
    if (!full) append(section, [el("p", { class: "hint", text: whole.fault && whole.key === keyOf(callout) ? visible(whole.fault) : "Reading the exchanges…" })]);
    else if (!exchanges.length) append(section, [el("p", { class: "hint", text: "Nothing went onto the wire." })]);
    append(section, exchanges.map((exchange, index) =>
      drawExchange(exchange, index + 1, exchanges.length > 1, (one) => copy(asCurl(one), "curl"))));
    return section;
  }

  function actions(callout, full) {
    const request = callout.requestId ? store.requests.get(callout.requestId) : null;
    const resend = callout.resend ?? { allowed: callout.outcome !== "pending", reason: "" };
    const last = full?.attempts?.find((one) => String(one.number) === query.attempt) ?? full?.attempts?.at(-1);
    const exchange = last?.exchanges?.at(-1);
    const reason = el("span", { class: "reason", id: "resend-reason", text: resend.allowed ? "" : visible(resend.reason || "It cannot be resent now.") });
    const told = async (make, name) => {
      const wholeRequest = request ? (await source.request(request.id).catch(() => null)) ?? request : null;
      copy(make({ ...callout, ...(full ?? {}), attempts: callout.attempts }, wholeRequest), name);
    };
    return el("div", { class: "actions" },
      source.live && [
        button("Resend", () => act.resend(callout), {
          class: "primary", "aria-disabled": String(!resend.allowed), "aria-describedby": "resend-reason", title: resend.allowed ? "Send it once more" : visible(resend.reason), data: { focus: "resend" },
        }),
        button("Duplicate", () => act.duplicate(callout), { title: "Send the receiver one more copy of this callout", data: { focus: "duplicate" } }),
        button("Duplicate at once", () => act.duplicate(callout, true), { title: "Two copies in flight before either is answered", data: { focus: "at once" } }),
      ],
      el("span", { class: "copies", role: "group", "aria-label": "Copy as" },
        el("span", { class: "hint", text: "Copy as" }),
        button("curl", () => exchange && copy(asCurl(exchange), "curl"), { disabled: !exchange, data: { focus: "curl" } }),
        button("pytest", () => told(asPytest, "pytest test"), { data: { focus: "pytest" } }),
        button("scenario step", () => told(asScenarioStep, "scenario step"), { data: { focus: "step" } })),
      source.live && reason);
  }

  function related(callout, group) {
    const siblings = (group?.callouts ?? []).filter((one) => one !== callout).slice(0, 50);
    const request = group?.request;
    if (!request && !siblings.length) return null;
    return el("section", { class: "related" },
      el("h3", { text: "Belongs together" }),
      el("ul", {},
        request && el("li", {}, button([el("span", { class: "method", text: visible(request.method) }), " ", visible(request.path), " ", stateBadge(request)], () => query.set({ open: group.key, attempt: null }), { class: "link" })),
        siblings.map((one) => el("li", {}, calloutLink(one)))));
  }

  function calloutLink(callout) {
    return button([visible(callout.event), " → ", visible(place(callout.url)), " ", outcomeBadge(callout)], () => query.set({ open: callout.id, attempt: null }), { class: "link" });
  }

  function drawJob(request) {
    const full = whole.key === keyOf(request) ? whole.record : null;
    const group = store.groups.get(`request:${request.id}`);
    const events = eventsOf(group);
    replace(content,
      heading("Asynchronous request", visible(`${request.method} ${request.path}`), stateBadge(request),
        request.completed !== null && request.completed > request.created && el("span", { class: "hint", text: `took ${spanText(request.completed - request.created)}` })),
      request.error && el("p", { class: "why-box bad", text: visible(typeof request.error === "string" ? request.error : JSON.stringify(request.error)) }),
      el("div", { class: "actions" },
        el("span", { class: "copies", role: "group", "aria-label": "Copy as" }, el("span", { class: "hint", text: "Copy as" }),
          button("scenario step", () => copy(asScenarioStep({}, full ?? request), "scenario step"), { data: { focus: "step" } }))),
      facts([
        ["Asked for", request.label],
        ["Request id", request.id],
        ["Accepted", fullText(request.created)],
        ["Completed", request.completed === null ? null : fullText(request.completed)],
        ["Work ends", request.completed === null && request.due !== null ? fullText(request.due) : null],
        ["Track id", request.trackId],
        ["Client id", request.clientId],
      ]),
      full?.body ? el("section", {}, el("h3", { text: "What was asked" }), drawBody(full.body)) : null,
      el("section", { class: "related" }, el("h3", { text: "What came of it" }),
        events.length ? el("ul", {}, events.map((event) => el("li", {},
          el("p", {}, el("span", { class: "diamond" }), " ", visible(event.name), " ", el("span", { class: "hint", text: event.at === null ? "" : fullText(event.at) })),
          event.callouts.length
            ? el("ul", {}, event.callouts.slice(0, 100).map((callout) => el("li", {}, calloutLink(callout))))
            : el("p", { class: "hint", text: "Nobody asked to hear of this event, so nobody was told." }))))
          : el("p", { class: "hint", text: request.completed === null ? "Nothing yet: the work is not done." : "No event was fired." })),
      source.live && (store.overview?.decidable ?? [request.provider]).includes(request.provider) && drawOutcomeForm(context, request));
  }

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && query.open && !document.querySelector("dialog[open]")) close();
  });

  return {
    panel,
    update,
    opened() { opener = document.activeElement; },
  };
}

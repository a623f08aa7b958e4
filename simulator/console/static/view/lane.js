// Draws one row's stretch of the simulator's time: attempts as marks, waits as lines, what is still due as hollow marks.
// Shape tells the same as colour: round is delivered, square is refused for good, slanted is tried again, dashed is not yet.

import {el, visible} from "../model/dom.js";
import {spanText, timeText} from "../model/format.js";
import {eventsOf} from "../model/store.js";

const CHAR = 6.7;
const PAD = 13;
const DOT = 11;

export function tone(attempt, callout) {
  const byDecision = { delivered: "good", again: "again", final: "bad", "not-sent": "none" }[attempt.decision];
  if (byDecision) return byDecision === "again" && attempt.retry === null && callout.outcome !== "pending" ? "bad" : byDecision;
  if (callout.outcome === "not-sent") return "none";
  if (attempt.retry !== null) return "again";
  return callout.outcome === "delivered" && attempt === callout.attempts.at(-1) ? "good" : "bad";
}

export function codeText(answer) {
  const code = answer.responseCode ?? answer.status;
  if (code > 0) return String(code);
  return answer.errorClass ?? (code === null || code === undefined ? "…" : String(code));
}

export function drawLane(row, scale, origin) {
  const x = (ms) => scale.x(ms - origin);
  const lane = el("div", { class: "lane" });
  const parts = { lines: [], marks: [] };
  PAINT[row.kind](row, x, parts);
  for (const line of parts.lines) {
    const node = el("span", { class: `line ${line.kind}` });
    node.style.left = `${line.from}px`;
    node.style.width = `${Math.max(line.to - line.from, line.least ?? 0)}px`;
    lane.append(node);
  }
  place(lane, parts.marks, scale.width);
  lane.setAttribute("role", "img");
  lane.setAttribute("aria-label", parts.marks.map((mark) => mark.title).join("; ") || "nothing sent yet");
  return lane;
}

// Marks carry their code where there is room for every one of a row, and are dots where there is not.
function place(lane, marks, room) {
  marks.sort((one, other) => one.x - other.x);
  const width = (mark) => (mark.text ? Math.max(mark.text.length * CHAR + PAD, 24) : DOT);
  let roomy = true;
  for (let index = 1; index < marks.length && roomy; index += 1) {
    const [left, right] = [marks[index - 1], marks[index]];
    roomy = right.x - left.x >= (width(left) + width(right)) / 2 + 2 || (left.small && right.x - left.x < 1);
  }
  for (const mark of marks) {
    const node = el("span", { class: `mark ${mark.tone}${mark.text && roomy ? " pill" : ""}${mark.small ? " small" : ""}`, title: mark.title });
    if (mark.text && roomy) node.textContent = mark.text;
    // At the edges a code moves inwards rather than being cut.
    const half = roomy ? width(mark) / 2 + 1 : 0;
    node.style.left = `${mark.x < 0 || mark.x > room ? mark.x : Math.min(Math.max(mark.x, half), room - half)}px`;
    lane.append(node);
  }
}

const PAINT = {
  request(row, x, parts) {
    const request = row.item;
    paintJob(request, x, parts);
    for (const event of eventsOf(row.group)) paintEvent(event, x, parts);
    if (!row.open) for (const callout of row.callouts) paintCallout(callout, x, parts, row.callouts.length === 1);
  },
  event(row, x, parts) {
    paintEvent(row.item, x, parts);
    if (!row.open) for (const callout of row.callouts) paintCallout(callout, x, parts, row.callouts.length === 1);
  },
  callout(row, x, parts) {
    if (row.item.fired !== null && !row.group.request) paintEvent({ name: row.item.event, at: row.item.fired }, x, parts);
    paintCallout(row.item, x, parts, true);
  },
  attempt(row, x, parts) {
    paintAttempt(row.item, row.callout, x, parts, true);
    if (row.item.retry !== null && row.item.retry !== undefined) {
      parts.lines.push({ kind: "wait", from: x(row.item.ended), to: x(row.item.retry) });
    }
  },
  exchange(row, x, parts) {
    const { sent, ended } = row.item;
    if (sent === null) return;
    parts.lines.push({ kind: "busy", from: x(sent), to: x(ended ?? sent), least: 3 });
    const answered = row.item.status > 0 && !row.item.errorClass;
    parts.marks.push({
      x: x(sent), tone: answered && row.item.status < 300 ? "good small" : "again small", small: true,
      title: `${codeText(row.item)} at ${timeText(sent, true)}`,
    });
  },
  due(row, x, parts) {
    paintDue(row.item, x, parts);
  },
};

function paintJob(request, x, parts) {
  if (request.created === null) return;
  const end = request.completed ?? request.due ?? request.created;
  parts.lines.push({ kind: request.completed === null ? "work open" : "work", from: x(request.created), to: x(end), least: 2 });
  if (request.completed === null && request.due !== null) {
    parts.marks.push({ x: x(request.due), tone: "due small", small: true, title: `work ends at ${timeText(request.due)}` });
  }
}

function paintEvent(event, x, parts) {
  if (event.at === null) return;
  parts.marks.push({ x: x(event.at), tone: "event", small: true, title: `${visible(event.name)} at ${timeText(event.at)}` });
}

function paintCallout(callout, x, parts, texts) {
  let before = null;
  for (const attempt of callout.attempts) {
    if (before) parts.lines.push({ kind: "wait", from: x(before.ended ?? before.sent), to: x(attempt.sent) });
    paintAttempt(attempt, callout, x, parts, texts);
    before = attempt;
  }
  if (callout.due === null) return;
  if (before) parts.lines.push({ kind: "wait ahead", from: x(before.ended ?? before.sent), to: x(callout.due) });
  paintDue(callout, x, parts);
}

function paintAttempt(attempt, callout, x, parts, texts) {
  if (attempt.sent === null) return;
  parts.lines.push({ kind: "busy", from: x(attempt.sent), to: x(attempt.ended ?? attempt.sent), least: 2 });
  const text = codeText(attempt);
  parts.marks.push({
    x: x(attempt.sent),
    tone: tone(attempt, callout),
    text: texts ? text : "",
    title: `attempt ${attempt.number}${attempt.resend ? " (resent)" : ""}: ${text} at ${timeText(attempt.sent, true)}`,
  });
}

function paintDue(callout, x, parts) {
  const number = (callout.attempts.at(-1)?.number ?? 0) + 1;
  parts.marks.push({ x: x(callout.due), tone: "due", title: `attempt ${number} is due at ${timeText(callout.due)}` });
}

// How many attempts so far, of how many; a resend stands outside of the limit.
export function triedText(callout, of, resent) {
  const last = callout.attempts.at(-1);
  return last.resend ? `${last.number}, ${resent}` : `${last.number}${of}${last.limit ?? callout.maxAttempts ?? "?"}`;
}

export function waitText(callout, now) {
  if (callout.due === null || now === null || now === undefined) return "";
  return callout.due <= now ? "due now" : `due in ${spanText(callout.due - now)}`;
}

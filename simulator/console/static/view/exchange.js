// One exchange in full: what went out, what came back, byte for byte as far as a screen can show bytes.

import {button, el, glyph, replace, visible} from "../model/dom.js";
import {fullText, sizeText, spanText} from "../model/format.js";
import {pairs} from "../model/copies.js";
import {codeText} from "./lane.js";

const COLOURED = 20000;

// Which form of a body somebody chose: it holds for every body, also when a record is drawn anew.
let chosen = "pretty";

export function drawExchange(exchange, number, many, copy) {
  const sent = Date.parse(exchange.sentAt);
  const ended = Date.parse(exchange.endedAt);
  const title = [
    many && `Exchange ${number}`,
    exchange.purpose && exchange.purpose !== "callout" && exchange.purpose,
    exchange.duplicate && "duplicate",
  ].filter(Boolean).join(" · ");
  return el("section", { class: "dialogue", "aria-label": title || "Exchange" },
    (many || title) && el("h4", {}, title, el("span", { class: "hint", text: ended > sent ? spanText(ended - sent) : "" })),
    drawRequest(exchange, copy),
    drawAnswer(exchange));
}

export function drawRequest(exchange, copy, way = exchange.errorClass === "not-sent" ? "Not sent" : "Sent") {
  const fault = faultOf(exchange);
  return el("div", { class: "message sent" },
    el("header", {},
      el("span", { class: "way", text: way }),
      el("span", { class: "method", text: visible(exchange.method) }),
      el("code", { class: "url" }, fault.url === null ? visible(exchange.url) : faulty(exchange.url, fault.url)),
      copy && button([glyph("copy"), "curl"], () => copy(exchange), { class: "slight", title: "Copy this request as a curl command" })),
    drawHeaders(exchange.headers),
    drawBody(exchange.body, typeOf(exchange.headers), fault.body));
}

// Where a rendered callout is wrong, so wrong that it was not sent: the record tells the place in words.
function faultOf(exchange) {
  const none = { url: null, body: null };
  if (exchange.errorClass !== "not-sent") return none;
  const told = /\bposition (\d+)/.exec(exchange.detail ?? "");
  if (!told) return none;
  const part = /\bURL\b/.test(exchange.detail.slice(0, told.index)) ? "url" : "body";
  const at = Number(told[1]);
  return at <= (exchange[part] ?? "").length ? { ...none, [part]: at } : none;
}

function drawAnswer(exchange) {
  const answered = exchange.status !== null && exchange.status !== undefined;
  const notes = [exchange.detail, ...(exchange.notes ?? [])].filter(Boolean);
  return el("div", { class: "message answered" },
    el("header", {},
      el("span", { class: "way", text: answered ? "Answered" : exchange.errorClass === "not-sent" ? "Why not" : "No answer" }),
      answered && el("b", { class: "status", text: String(exchange.status) }),
      exchange.errorClass && el("span", { class: "badge bad", text: visible(exchange.errorClass) }),
      !answered && !exchange.errorClass && el("span", { class: "hint", text: codeText(exchange) }),
      exchange.truncated && el("span", { class: "badge again", text: "truncated" })),
    notes.map((note) => el("p", { class: "note", text: visible(note) })),
    drawHeaders(exchange.responseHeaders),
    answered && drawBody(exchange.responseBody, typeOf(exchange.responseHeaders)));
}

function typeOf(headers) {
  return pairs(headers).find(([name]) => String(name).toLowerCase() === "content-type")?.[1] ?? "";
}

function drawHeaders(headers) {
  const list = pairs(headers);
  if (!list.length) return null;
  return el("dl", { class: "headers" }, list.map(([name, value]) => [el("dt", { text: visible(name) }), el("dd", { text: visible(value) })]));
}

export function drawBody(body, type = "", faultAt = null) {
  if (body === null || body === undefined) return null;
  const raw = typeof body === "string" ? body : JSON.stringify(body);
  if (raw === "") return el("p", { class: "hint empty-body", text: "empty body" });
  const pretty = faultAt === null || faultAt === undefined ? prettyOf(raw, type) : null;
  const text = el("pre", { class: "body", tabindex: "0", "aria-label": "Body" });
  const show = (wanted) => {
    if (wanted === "pretty") replace(text, raw.length < COLOURED ? coloured(pretty) : visible(pretty.text));
    else if (faultAt !== null && faultAt !== undefined) replace(text, faulty(raw, faultAt));
    else replace(text, visible(raw));
    for (const choice of choices) choice.setAttribute("aria-pressed", String(choice.dataset.form === wanted));
  };
  const choices = pretty === null ? [] : ["pretty", "raw"].map((form) =>
    button(form === "pretty" ? "Pretty" : "Raw", () => { chosen = form; show(form); }, { class: "toggle", data: { form } }));
  show(pretty === null ? "raw" : chosen);
  return el("div", { class: "body-box" },
    el("div", { class: "body-bar" }, el("span", { class: "hint", text: sizeText(raw) }), choices.length > 0 && el("span", { class: "pair" }, choices)),
    text);
}

// Another form of the same text, easier to read; null where there is none.
function prettyOf(raw, type) {
  if (/x-www-form-urlencoded/i.test(type)) {
    const pairs = [...new URLSearchParams(raw)];
    return pairs.length ? { kind: "form", text: pairs.map(([name, value]) => `${name} = ${looksLikeXml(value) ? `\n${indentedXml(value, 1)}` : value}`).join("\n") } : null;
  }
  if (looksLikeXml(raw)) return { kind: "xml", text: indentedXml(raw, 0) };
  try {
    const value = JSON.parse(raw);
    return typeof value === "object" && value !== null ? { kind: "json", text: indented(raw) } : null;
  } catch {
    return null;
  }
}

function looksLikeXml(text) {
  return /^\s*<[\w?!][^]*>\s*$/.test(text) && !/^\s*<(!doctype html|html)/i.test(text);
}

function indentedXml(raw, depth) {
  const lines = [];
  for (const [token] of raw.matchAll(/<[^>]*>|[^<]+/g)) {
    if (token.startsWith("</")) {
      depth = Math.max(depth - 1, 0);
      // An element that holds text alone stays on one line.
      if (lines.length && lines.at(-1).open) Object.assign(lines.at(-1), { text: lines.at(-1).text + token, open: false });
      else lines.push({ text: "  ".repeat(depth) + token });
    } else if (token.startsWith("<")) {
      const opens = !/^<[?!]|\/>$/.test(token);
      lines.push({ text: "  ".repeat(depth) + token, open: opens });
      if (opens) depth += 1;
    } else if (token.trim()) {
      if (lines.length && lines.at(-1).open) lines.at(-1).text += token;
      else lines.push({ text: "  ".repeat(depth) + token.trim() });
    }
  }
  return lines.map((line) => line.text).join("\n");
}

// Indents the text itself: a number that JavaScript would round must not be shown as another number, nor a key once
// that is there twice.
function indented(raw) {
  let depth = 0;
  let text = "";
  const line = () => `\n${"  ".repeat(depth)}`;
  for (const [token] of raw.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g)) {
    if (token === "{" || token === "[") { depth += 1; text += token + line(); }
    else if (token === "}" || token === "]") { depth -= 1; text = /[{[]\s*$/.test(text) ? text.trimEnd() + token : text + line() + token; }
    else if (token === ",") text += token + line();
    else if (token === ":") text += ": ";
    else text += token;
  }
  return text;
}

// What each group of a pattern is, by the kind of text.
const COLOURS = {
  json: [/("(?:[^"\\]|\\.)*")(?=\s*:)|("(?:[^"\\]|\\.)*")|(-?\b\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\b)|\b(true|false|null)\b/g, ["key", "string", "number", "word"]],
  form: [/^(\S+)(?= = )/gm, ["key"]],
  xml: [/(<\/?[\w:.-]+|\/?>)|("[^"]*")/g, ["key", "string"]],
};

function coloured({ kind, text }) {
  const [pattern, names] = COLOURS[kind];
  const parts = [];
  let last = 0;
  for (const match of text.matchAll(pattern)) {
    parts.push(visible(text.slice(last, match.index)));
    const group = names.findIndex((_, place) => match[place + 1] !== undefined);
    parts.push(el("span", { class: `code-${names[group]}`, text: visible(match[0]) }));
    last = match.index + match[0].length;
  }
  parts.push(visible(text.slice(last)));
  return parts;
}

function faulty(raw, at) {
  const before = raw.slice(0, at);
  const line = before.split("\n").length;
  const column = at - before.lastIndexOf("\n");
  return [
    visible(before),
    el("mark", { class: "fault", title: `line ${line}, column ${column}` }, visible(raw.slice(at, at + 1)) || "⏎"),
    visible(raw.slice(at + 1)),
    el("span", { class: "fault-note", text: `\n↑ the fault is at line ${line}, column ${column}` }),
  ];
}

export function moments(attempt) {
  return [
    ["Sent", fullText(attempt.sent)],
    ["Ended", attempt.ended !== null && attempt.ended !== attempt.sent ? `${fullText(attempt.ended)} (${spanText(attempt.ended - attempt.sent)})` : null],
    ["Next attempt", attempt.retry !== null ? fullText(attempt.retry) : null],
  ];
}

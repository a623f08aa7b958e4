// Instants and spans as people read them. Instants are milliseconds of the simulator's time, always told in UTC.

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export function instant(text) {
  if (!text) return null;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? null : ms;
}

const pad = (number, width = 2) => String(number).padStart(width, "0");

export function dayText(ms) {
  return new Date(ms).toISOString().slice(0, 10);
}

export function timeText(ms, fine = false) {
  const date = new Date(ms);
  const text = `${pad(date.getUTCHours())}:${pad(date.getUTCMinutes())}:${pad(date.getUTCSeconds())}`;
  const rest = date.getUTCMilliseconds();
  return fine && rest ? `${text}.${pad(rest, 3)}` : text;
}

export function fullText(ms) {
  return ms === null || ms === undefined ? "–" : `${dayText(ms)} ${timeText(ms, true)} UTC`;
}

export function spanText(ms) {
  const size = Math.abs(ms);
  const sign = ms < 0 ? "−" : "";
  if (size < 1) return "0 s";
  if (size < SECOND) return `${sign}${Math.round(size)} ms`;
  if (size < 10 * SECOND) return `${sign}${Number((size / SECOND).toFixed(2))} s`;
  if (size < MINUTE) return `${sign}${Number((size / SECOND).toFixed(1))} s`;
  const parts = [
    [Math.floor(size / DAY), "d"],
    [Math.floor((size % DAY) / HOUR), "h"],
    [Math.floor((size % HOUR) / MINUTE), "min"],
    [Math.floor((size % MINUTE) / SECOND), "s"],
  ].filter(([amount]) => amount);
  return sign + parts.slice(0, 2).map(([amount, unit]) => `${amount} ${unit}`).join(" ");
}

export function sizeText(text) {
  const bytes = new TextEncoder().encode(text ?? "").length;
  return bytes < 1024 ? `${bytes} B` : `${(bytes / 1024).toFixed(1)} KB`;
}

export function countText(count, word, plural = `${word}s`) {
  return `${count.toLocaleString("en")} ${count === 1 ? word : plural}`;
}

export function shortId(id) {
  const text = String(id ?? "");
  return text.length > 12 ? `${text.slice(0, 8)}…` : text;
}

// "30m", "1h30m", "15s", "2d"; a bare number is minutes, as on the command line. Null where it is no duration.
export function parseSpan(text) {
  const trimmed = text.trim().toLowerCase();
  if (/^\d+(\.\d+)?$/.test(trimmed)) return Number(trimmed) * MINUTE;
  const units = { ms: 1, s: SECOND, m: MINUTE, min: MINUTE, h: HOUR, d: DAY };
  let total = 0;
  let rest = trimmed;
  while (rest) {
    const match = /^(\d+(?:\.\d+)?)\s*(ms|min|s|m|h|d)\s*/.exec(rest);
    if (!match) return null;
    total += Number(match[1]) * units[match[2]];
    rest = rest.slice(match[0].length);
  }
  return trimmed ? total : null;
}

// From the simulator's time to pixels and back, and where the ticks of an axis stand. Pure arithmetic.

import {dayText, spanText, timeText} from "./format.js";

const S = 1000;
const STEPS = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, S, 2 * S, 5 * S, 10 * S, 15 * S, 30 * S, 60 * S, 120 * S, 300 * S, 600 * S, 900 * S,
  1800 * S, 3600 * S, 7200 * S, 10800 * S, 21600 * S, 43200 * S, 86400 * S, 172800 * S, 604800 * S, 1209600 * S,
  2592000 * S, 7776000 * S, 31536000 * S,
];
const DAY = 86400 * S;
const LEAST = 1000;

export function createScale(from, to, width) {
  // One instant alone still gets an axis: the minute that it begins.
  if (to - from < LEAST) to = from + 60 * S;
  const inset = Math.min(34, width * 0.06);
  const factor = Math.max(width - 2 * inset, 1) / (to - from);
  return {
    from,
    to,
    width,
    x: (ms) => inset + (ms - from) * factor,
    at: (x) => from + (x - inset) / factor,
    length: (ms) => ms * factor,
  };
}

export function ticks(scale, relative) {
  const room = Math.max(2, Math.floor(scale.width / 104));
  const least = (scale.to - scale.from) / room;
  const step = STEPS.find((size) => size >= least) ?? STEPS.at(-1);
  const first = Math.ceil(scale.at(0) / step) * step;
  const last = scale.at(scale.width);
  const found = [];
  // The axis names its first day at its head; a tick names the day only where another one begins.
  let day = relative ? null : dayText(scale.from);
  for (let at = first; at <= last; at += step) {
    const today = relative ? null : dayText(at);
    found.push({ x: scale.x(at), label: label(at, step, relative), day: today !== day ? today : null });
    day = today;
  }
  return found;
}

function label(at, step, relative) {
  if (relative) return at === 0 ? "start" : `+${spanText(at)}`;
  if (step >= DAY) return "00:00";
  const text = timeText(at, true);
  return step >= 60 * S ? text.slice(0, 5) : text;
}

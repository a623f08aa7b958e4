// What the keys do.

import {el} from "../model/dom.js";
import {openDialog} from "./notices.js";

const KEYS = [
  ["/", "filter"], ["↑ ↓ or j k", "move along the rows"], ["→ ←", "unfold, fold"], ["Enter", "open the row's detail"], ["Esc", "close the detail"],
  ["a", "advance the clock"], ["n", "go to the next retry"], ["s", "settle: deliver what is due now"], ["d", "drain: until nothing is due"],
  ["t", "light or dark"], ["1 2 3", "timeline, definitions, settings"], ["?", "this list"],
];

export function showHelp() {
  return openDialog("Keys", el("dl", { class: "keys" }, KEYS.map(([key, text]) => [el("dt", {}, key.split(" ").map((one) => (one === "or" ? " or " : el("kbd", { text: one })))), el("dd", { text })])), [["Close", null, "primary"]]);
}

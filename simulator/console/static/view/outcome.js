// Decides, from the page, how the next request like this one will end: one rule of the control plane's outcomes.

import {button, el} from "../model/dom.js";

const RESULTS = [
  ["succeed", "succeed"], ["fail", "fail"], ["never", "never finish"], ["lock", "lose a lock competition"],
  ["lost-answer", "be done, but its answer is lost"],
];

export function drawOutcomeForm(context, request) {
  const result = el("select", { id: "outcome-result" }, RESULTS.map(([value, text]) => el("option", { value }, text)));
  const code = el("input", { id: "outcome-code", size: "10", placeholder: "code", "aria-label": "Error code" });
  const message = el("input", { id: "outcome-message", placeholder: "message", "aria-label": "Error message" });
  const after = el("input", { id: "outcome-after", size: "6", placeholder: "0s", "aria-label": "After how long, such as 30s" });
  const failing = el("span", { class: "failing", hidden: true }, code, message);
  result.addEventListener("change", () => { failing.hidden = result.value !== "fail"; });
  const rule = () => {
    const made = { method: request.method, path: request.path, result: result.value };
    if (!failing.hidden && code.value) made.code = code.value;
    if (!failing.hidden && message.value) made.message = message.value;
    if (after.value.trim()) made.after = after.value.trim();
    return made;
  };
  return el("section", { class: "outcome-form" },
    el("h3", { text: "How the next one like this ends" }),
    el("form", { on: { submit: (event) => { event.preventDefault(); context.act.outcome(rule()); } } },
      el("label", { for: "outcome-result", text: `${request.method} … will` }), result, failing,
      el("label", { for: "outcome-after", text: "after" }), after,
      el("button", { type: "submit" }, "Set"),
      button("Clear all", () => context.act.outcome(null), { title: "Forget every such rule" })));
}

// Decides, from the page, how a request ends: this one while it is still under way, else the next one like it.

import {button, el} from "../model/dom.js";

const RESULTS = [
  ["succeed", "succeed"], ["fail", "fail"], ["never", "never finish"], ["lock", "lose a lock competition"],
];
const OF_THE_NEXT = [["lost-answer", "be done, but its answer is lost"]];

export function drawOutcomeForm(context, request) {
  const result = el("select", { id: "outcome-result" }, [...RESULTS, ...(request.completed === null ? [] : OF_THE_NEXT)].map(([value, text]) => el("option", { value }, text)));
  const code = el("input", { id: "outcome-code", size: "10", placeholder: "code", "aria-label": "Error code" });
  const message = el("input", { id: "outcome-message", placeholder: "message", "aria-label": "Error message" });
  const after = el("input", { id: "outcome-after", size: "6", placeholder: "0s", "aria-label": "After how long, such as 30s" });
  const failing = el("span", { class: "failing", hidden: true }, code, message);
  result.addEventListener("change", () => { failing.hidden = result.value !== "fail"; });
  const open = request.completed === null;
  const plan = () => {
    const made = { result: result.value };
    if (!failing.hidden && code.value) made.code = code.value;
    if (!failing.hidden && message.value) made.message = message.value;
    if (after.value.trim()) made.after = after.value.trim();
    return made;
  };
  const decide = () => (open ? context.act.decide(request, plan()) : context.act.outcome({ method: request.method, path: request.path, ...plan() }));
  return el("section", { class: "outcome-form" },
    el("h3", { text: open ? "How this request ends" : "How the next one like this ends" }),
    el("form", { on: { submit: (event) => { event.preventDefault(); decide(); } } },
      el("label", { for: "outcome-result", text: open ? "It will" : `The next ${request.method} will` }), result, failing,
      el("label", { for: "outcome-after", text: "after" }), after,
      el("button", { type: "submit" }, "Set"),
      !open && button("Clear all", () => context.act.outcome(null), { title: "Forget every such rule" })));
}

// Short words to the person: toasts that go by themselves, a line for screen readers, dialogs that wait for an answer.

import {append, button, el, visible} from "../model/dom.js";

export function createNotices() {
  const toasts = el("div", { class: "toasts", role: "status", "aria-live": "polite" });
  const spoken = el("div", { class: "sr", "aria-live": "polite" });
  document.body.append(toasts, spoken);

  function toast(text, kind = "good", seconds = kind === "bad" ? 9 : 4) {
    const node = el("div", { class: `toast ${kind}` }, el("span", { text: visible(text) }), button("×", () => node.remove(), { "aria-label": "Dismiss", class: "quiet" }));
    toasts.append(node);
    while (toasts.children.length > 4) toasts.firstChild.remove();
    setTimeout(() => node.remove(), seconds * 1000);
  }

  return { toast, speak: (text) => { spoken.textContent = text; } };
}

export function openDialog(title, content, actions = []) {
  return new Promise((resolve) => {
    const dialog = el("dialog", { "aria-labelledby": "dialog-title" }, el("h2", { id: "dialog-title", text: title }));
    append(dialog, [content]);
    const finish = (answer) => { dialog.close(); dialog.remove(); resolve(answer); };
    append(dialog, [el("div", { class: "actions end" }, actions.map(([text, answer, kind]) => button(text, () => finish(answer), { class: kind })))]);
    dialog.addEventListener("cancel", (event) => { event.preventDefault(); finish(null); });
    dialog.addEventListener("click", (event) => { if (event.target === dialog) finish(null); });
    document.body.append(dialog);
    dialog.showModal();
  });
}

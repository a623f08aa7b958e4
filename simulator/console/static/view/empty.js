// What stands where no rows are: the next command for a newcomer, or a way back for somebody who filtered all away.

import {button, el, replace, visible} from "../model/dom.js";

export function createEmpty(context) {
  const { query, store, source, copyText } = context;
  const box = el("div", { class: "empty", hidden: true });
  let drawn = "";

  function command(text) {
    return el("div", { class: "command-line" }, el("pre", { class: "command", tabindex: "0", text: visible(text) }), button("Copy", () => copyText(text, "command"), { class: "slight" }));
  }

  return {
    box,
    update(rows, connected) {
      box.hidden = rows > 0 || !connected;
      if (box.hidden) { drawn = ""; return; }
      const held = store.requests.size + store.callouts.size;
      const stamp = held ? "filtered" : JSON.stringify(store.overview?.nextCommands ?? null);
      if (stamp === drawn) return;
      drawn = stamp;
      if (held) {
        replace(box, el("h2", { text: "Nothing matches" }), el("p", { text: `${held.toLocaleString("en")} records are here, and the filters let none of them through.` }),
          button("Clear filters", () => query.clear(), { class: "primary" }));
        return;
      }
      const commands = store.overview?.nextCommands ?? [];
      replace(box,
        el("div", { class: "sketch", "aria-hidden": "true" }, ["event", "bad", "again", "good", "due"].map((kind) => el("span", { class: `mark ${kind}` }))),
        el("h2", { text: source.live ? "Nothing has happened yet" : "This story has no records" }),
        source.live && el("p", { text: "Send a request or fire an event; it appears here as it happens." }),
        source.live && commands.map(command),
        source.live && el("p", { class: "hint", text: `Your application's base URL is ${store.overview?.server?.url ?? location.origin}` }));
    },
  };
}

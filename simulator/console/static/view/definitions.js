// Who is told of what, with a preview of what would be sent; nothing goes out unless somebody presses Fire.

import {button, el, replace, visible} from "../model/dom.js";
import {drawExchange, drawRequest} from "./exchange.js";

export function createDefinitions(context) {
  const { query, source, act, store } = context;
  const view = el("section", { class: "view definitions", hidden: true, "aria-label": "Definitions" });
  let asked = null;

  async function load() {
    let list;
    try { list = await source.definitions(); } catch (fault) {
      replace(view, el("h2", { text: "Definitions" }), el("p", { class: "note warning", text: visible(fault.message) }), button("Try again", load));
      return;
    }
    replace(view,
      el("h2", { text: "Definitions" }),
      el("p", { class: "lead", text: "Each names an event and the receiver that hears of it." }),
      list.length ? el("ul", { class: "cards" }, list.map(card)) : empty());
  }

  function empty() {
    return el("div", { class: "empty small" },
      el("p", { text: "Nobody listens yet: no definition is registered." }),
      (store.overview?.nextCommands ?? []).map((command) => el("pre", { class: "command", text: visible(command) })));
  }

  function card(definition) {
    const shown = el("div", { class: "preview", "aria-live": "polite" });
    const name = text(definition.name) || text(definition.event) || definition.id;
    const url = text(definition.url ?? definition.callout?.calloutBaseurl);
    const fields = el("textarea", { rows: "3", spellcheck: "false", "aria-label": `Fields of the event for ${name}, as NAME=value lines`, placeholder: "AccountId=8a80…\nName=Acme" });
    const given = () => Object.fromEntries(fields.value.split("\n").map((line) => line.trim()).filter(Boolean).map((line) => {
      const at = line.indexOf("=");
      return at < 0 ? [line, ""] : [line.slice(0, at).trim(), line.slice(at + 1)];
    }));
    const preview = async () => {
      replace(shown, el("p", { class: "hint", text: "Rendering…" }));
      try {
        const answer = await source.call("POST", "/preview", { definition: definition.id, event: definition.event, fields: given() });
        const renders = answer?.callouts ?? [];
        replace(shown, renders.length ? renders.map((one) => [
          one.detail && el("p", { class: "note warning", text: visible(one.detail) }),
          drawRequest(one, (exchange) => context.copy(context.asCurl(exchange), "curl"), "Would send"),
        ]) : el("p", { class: "hint", text: definition.active === false ? "Nothing would be sent: this definition is inactive." : "Nothing would be sent." }));
      } catch (fault) {
        replace(shown, el("p", { class: "note warning", text: visible(fault.message) }));
      }
    };
    return el("li", { class: "card" },
      el("header", {}, el("h3", { text: visible(name) }), definition.active === false && el("span", { class: "badge none", text: "inactive" })),
      el("dl", { class: "facts" }, facts(definition, url).map(([key, value]) => [el("dt", { text: key }), el("dd", { text: visible(value) })])),
      source.live
        ? el("details", {}, el("summary", { text: "Preview what it would send" }),
          el("div", { class: "trial" }, fields, el("div", { class: "actions" }, button("Preview", preview, { class: "primary" }),
            button("Fire the event", () => act.fire(text(definition.event), given()), { title: "Really fire it: every active definition of this event is told" })), shown))
        : definition.preview && el("details", {}, el("summary", { text: "What it would send" }), drawExchange(definition.preview, 1, false)));
  }

  function facts(definition, url) {
    const known = new Set(["name", "preview", "url", "callout"]);
    const list = url ? [["to", [definition.method ?? definition.callout?.httpMethod, url].filter(Boolean).join(" ")]] : [];
    for (const [key, value] of Object.entries(definition)) {
      if (known.has(key) || key === "method" || value === null || value === undefined || value === "") continue;
      if (typeof value === "object" && !Object.keys(value).length) continue;
      list.push([key.replace(/([a-z0-9])([A-Z])/g, "$1 $2").toLowerCase(), text(value)]);
    }
    return list;
  }

  function text(value) {
    if (value === null || value === undefined) return "";
    return typeof value === "object" ? JSON.stringify(value) : String(value);
  }

  return {
    view,
    update() {
      view.hidden = query.view !== "definitions";
      if (view.hidden) { asked = null; return; }
      const stamp = `${store.overview?.boot}:${store.overview?.definitions}`;
      if (asked !== stamp) { asked = stamp; load(); }
    },
  };
}

// The settings in force, where each came from, and a way to change one. What a setting means is the server's affair.

import {button, el, replace, visible} from "../model/dom.js";

export function createSettings(context) {
  const { query, store, source, act } = context;
  const view = el("section", { class: "view settings", hidden: true, "aria-label": "Settings" });
  let drawn = "";

  function rows(settings, origins, prefix = "") {
    return Object.entries(settings).filter(([key]) => !(prefix === "" && key === "origins")).flatMap(([key, value]) =>
      value && typeof value === "object" && !Array.isArray(value) && Object.keys(value).length
        ? rows(value, origins?.[key] && typeof origins[key] === "object" ? origins[key] : origins, `${prefix}${key}.`)
        : [[`${prefix}${key}`, value, typeof origins?.[`${prefix}${key}`] === "string" ? origins[`${prefix}${key}`] : typeof origins?.[key] === "string" ? origins[key] : null]]);
  }

  async function change(name, value, field) {
    const patch = name.split(".").reverse().reduce((inner, key) => ({ [key]: inner }), value);
    const taken = await act.settings(patch, name);
    // What was refused stays in its field, to be corrected.
    if (taken === null && field.type !== "checkbox") return;
    field.blur();
    drawn = "";
    context.refreshSettings();
  }

  function field(name, value) {
    // What the server was started with is there to be read.
    if (!source.live || name.startsWith("server.")) return el("code", { text: visible(format(value)) });
    if (typeof value === "boolean") {
      return el("input", { type: "checkbox", "aria-label": name, checked: value, on: { change: (event) => change(name, event.target.checked, event.target) } });
    }
    if (value !== null && typeof value === "object") return el("code", { text: visible(format(value)) });
    const input = el("input", { "aria-label": name, value: value ?? "", placeholder: value === null ? "not set" : "", size: "14", inputmode: typeof value === "number" ? "numeric" : "text" });
    const save = el("button", { type: "submit", class: "slight", hidden: true, text: "Save" });
    input.addEventListener("input", () => { save.hidden = input.value === String(value ?? ""); });
    return el("form", { on: { submit: (event) => {
      event.preventDefault();
      change(name, typeof value === "number" && input.value.trim() !== "" && !Number.isNaN(Number(input.value)) ? Number(input.value) : input.value, input);
    } } }, input, save);
  }

  function format(value) {
    if (value === null || value === undefined) return "not set";
    return typeof value === "object" ? JSON.stringify(value) : String(value);
  }

  function words(name) {
    return name.replace(/([a-z0-9])([A-Z])/g, "$1 $2").toLowerCase();
  }

  return {
    view,
    update() {
      view.hidden = query.view !== "settings";
      if (view.hidden) { drawn = ""; return; }
      const settings = store.overview?.settings ?? {};
      const stamp = JSON.stringify([settings, store.overview?.server]);
      const typing = drawn && view.contains(document.activeElement) && document.activeElement.matches("input:not([type=checkbox])");
      if (stamp === drawn || typing) return;
      drawn = stamp;
      const list = rows(settings, settings.origins);
      const server = Object.entries(store.overview?.server ?? {}).filter(([, value]) => value !== null && value !== undefined);
      replace(view,
        el("h2", { text: "Settings in force" }),
        el("p", { class: "lead", text: source.live ? "A changed setting applies to the next decision. Where a value came from stands beside it." : "As they were when this report was made." }),
        el("table", { class: "table" },
          el("thead", {}, el("tr", {}, el("th", { text: "Setting" }), el("th", { text: "Value" }), el("th", { text: "Comes from" }))),
          el("tbody", {}, list.map(([name, value, origin]) => el("tr", {},
            el("th", { scope: "row" }, el("span", { text: words(name) }), el("code", { class: "hint", text: name })),
            el("td", {}, field(name, value)),
            el("td", {}, el("span", { class: `origin ${/^default/i.test(origin ?? "default") ? "" : "set"}`, text: visible(origin ?? "default") })))))),
        server.length > 0 && [
          el("h2", { text: "This server" }),
          el("dl", { class: "facts" }, server.map(([name, value]) => [el("dt", { text: words(name) }), el("dd", { text: visible(format(value)) })])),
        ],
        source.live && el("p", {}, button("Read again", () => context.refreshSettings(), { class: "slight" })));
    },
  };
}

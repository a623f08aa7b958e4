// What the page may ask of the control plane. Every refusal is told in the server's own words.

import {el} from "../model/dom.js";
import {countText, spanText} from "../model/format.js";
import {openDialog} from "./notices.js";

export function createActions(source, { toast }) {
  let busy = 0;

  async function ask(told, ...request) {
    busy += 1;
    document.body.classList.toggle("busy", true);
    try {
      const answer = await source.call(...request);
      const text = typeof told === "function" ? told(answer) : told;
      if (text) toast(text);
      return answer ?? true;
    } catch (fault) {
      toast(fault.message, "bad");
      return null;
    } finally {
      busy -= 1;
      document.body.classList.toggle("busy", busy > 0);
    }
  }

  function settled(what) {
    return (answer) => {
      const attempts = typeof answer?.attempts === "number" ? answer.attempts : answer?.attempts?.length;
      const sent = attempts === undefined ? "" : `: ${attempts ? countText(attempts, "attempt") : "nothing was due"}`;
      return `${what}${sent}${answer?.settled === false ? "; still busy" : ""}`;
    };
  }

  return {
    clock(what, span) {
      if (what === "advance") {
        if (!span) return null;
        return ask(settled(`Advanced ${spanText(span)}`), "POST", "/clock/advance", { minutes: span / 60000 });
      }
      return ask(settled(what === "settle" ? "Settled" : "Drained"), "POST", `/clock/${what}`, {});
    },
    resend(callout) {
      if (callout.resend?.allowed === false) {
        toast(callout.resend.reason || "It cannot be resent now.", "bad");
        return null;
      }
      return ask("Sent once more", "POST", `/callouts/${encodeURIComponent(callout.id)}/resend`, {});
    },
    duplicate: (callout, atOnce = false) => ask(atOnce ? "Two copies sent at once" : "One more copy sent", "POST", `/callouts/${encodeURIComponent(callout.id)}/duplicate`, { atOnce }),
    decide: (request, plan) => ask(`This request will ${plan.result}`, "POST", `/requests/${encodeURIComponent(request.id)}/outcome`, plan),
    async outcome(rule) {
      if (rule === null) return ask("Every outcome rule is forgotten", "PUT", "/outcomes", { outcomes: [] });
      try {
        const now = await source.call("GET", "/outcomes");
        return await ask(`The next ${rule.method} ${rule.path} will ${rule.result}`, "PUT", "/outcomes", { outcomes: [...(now?.outcomes ?? []), rule] });
      } catch (fault) {
        toast(fault.message, "bad");
        return null;
      }
    },
    fire: (event, fields) => ask(`Fired ${event}`, "POST", "/events", { event, fields }),
    settings: (patch, name) => ask(`${name} is changed`, "PUT", "/settings", patch),
    async reset() {
      const sure = await openDialog("Begin again?", el("p", { text: "Definitions, resources, requests, callouts, faults, outcomes and the clock are reset. Settings given at the start come back; tokens go on working." }),
        [["Cancel", null, ""], ["Reset", true, "danger"]]);
      return sure ? ask("Everything is reset", "POST", "/reset", {}) : null;
    },
  };
}

// A running server: its stream of records, looked for again whenever it is lost, and its control plane.

const FIRST_WAIT = 250;
const LONGEST_WAIT = 3000;

export function liveSource(root) {
  let stream = null;
  let wait = FIRST_WAIT;
  let boot = null;
  let timer = 0;

  function connect(hear) {
    clearTimeout(timer);
    stream?.close();
    stream = new EventSource(`${root}/stream`);
    stream.addEventListener("snapshot", (event) => {
      const message = JSON.parse(event.data);
      const before = boot;
      boot = message.overview?.boot ?? null;
      wait = FIRST_WAIT;
      hear.status(before === null ? "live" : boot === before ? "again" : "restarted");
      hear.snapshot(message);
    });
    stream.addEventListener("records", (event) => hear.records(JSON.parse(event.data)));
    stream.onerror = () => {
      // The browser's own retrying stops for good at some answers, so this page does its own.
      stream.close();
      hear.status("lost", wait);
      timer = setTimeout(() => connect(hear), wait);
      wait = Math.min(wait * 2, LONGEST_WAIT);
    };
  }

  async function call(method, path, body) {
    let answer;
    try {
      answer = await fetch(root + path, {
        method,
        headers: body === undefined ? {} : { "Content-Type": "application/json" },
        body: body === undefined ? undefined : JSON.stringify(body),
      });
    } catch {
      throw new Error("The server did not answer. Is it still running?");
    }
    const text = await answer.text();
    let value = null;
    try { value = text ? JSON.parse(text) : null; } catch { /* a plain text answer is told as it is */ }
    if (!answer.ok) throw new Error(faultText(value) ?? (text.slice(0, 400) || `${answer.status} ${answer.statusText}`));
    return value;
  }

  return {
    live: true,
    root,
    connect,
    call,
    callout: (id) => call("GET", `/callouts/${encodeURIComponent(id)}`),
    request: (id) => call("GET", `/requests/${encodeURIComponent(id)}`),
    definitions: async () => listed(await call("GET", "/definitions"), "definitions"),
    settings: () => call("GET", "/settings"),
  };
}

export function listed(value, key) {
  return Array.isArray(value) ? value : value?.[key] ?? [];
}

function faultText(value) {
  const fault = value?.error?.message ?? value?.message ?? value?.error ?? value?.detail;
  return typeof fault === "string" ? fault : null;
}

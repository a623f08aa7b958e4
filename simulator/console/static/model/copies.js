// A callout told again in somebody else's words: as a curl line, a pytest test, a step of a scenario. Pure text.
// Where a record brings `copies` of its own, those win: then its provider knows better.

const MASKED = /\*{3,}|\u2022{3,}|\[masked\]|<masked>/i;
const FRAMING = new Set(["content-length", "connection", "transfer-encoding", "host"]);

export function pairs(headers) {
  if (!headers) return [];
  return Array.isArray(headers) ? headers.map((pair) => (Array.isArray(pair) ? pair : [pair.name, pair.value])) : Object.entries(headers);
}

export function shellQuote(text) {
  return `'${String(text).replaceAll("'", "'\\''")}'`;
}

export function asCurl(exchange) {
  const lines = [`curl --include --globoff --path-as-is --request ${shellQuote(exchange.method)} ${shellQuote(exchange.url)}`];
  const comments = [];
  for (const [name, value] of pairs(exchange.headers)) {
    if (FRAMING.has(name.toLowerCase()) && !(name.toLowerCase() === "host" && elsewhere(value, exchange.url))) continue;
    if (MASKED.test(value)) {
      const variable = name.toUpperCase().replace(/[^A-Z0-9]/g, "_");
      comments.push(`# ${name} is masked here: set ${variable} before you run this`);
      lines.push(`  --header ${shellQuote(`${name}: `)}"$${variable}"`);
    } else {
      // An empty value is written with a semicolon, or curl would leave the header out.
      lines.push(`  --header ${shellQuote(value === "" ? `${name};` : `${name}: ${value}`)}`);
    }
  }
  // --data-raw: a body that begins with @ is a body, not a file.
  if (exchange.body) lines.push(`  --data-raw ${shellQuote(exchange.body)}`);
  const known = new Set(pairs(exchange.headers).map(([name]) => name.toLowerCase()));
  for (const name of ["Accept", "User-Agent", ...(exchange.body ? ["Content-Type", "Expect"] : [])]) {
    if (!known.has(name.toLowerCase())) lines.push(`  --header '${name}:'`);
  }
  return [...comments, lines.join(" \\\n")].join("\n") + "\n";
}

function elsewhere(host, url) {
  try { return new URL(url).host !== host; } catch { return false; }
}

const RECEIVER = "${receiver.url}";

export function asScenarioStep(callout, request) {
  if (callout.copies?.scenario) return callout.copies.scenario;
  if (request?.again) return `- submit: {"path": ${flow(request.again.path)}, "body": ${safe(minified(request.again.body)).replaceAll(`$${RECEIVER}`, () => RECEIVER)}}\n`;
  if (request) {
    const parts = [`"method": ${flow(request.method)}`, `"path": ${flow(request.path)}`];
    if (request.body) parts.push(`"body": ${isJson(request.body) ? safe(minified(request.body)) : flow(request.body)}`);
    return `- submit: {${parts.join(", ")}}\n`;
  }
  const fire = { event: callout.event };
  if (callout.fields && Object.keys(callout.fields).length) fire.fields = callout.fields;
  return `- fire: ${flow(fire)}\n`;
}

export function asPytest(callout, request) {
  if (callout.copies?.pytest) return callout.copies.pytest;
  const codes = callout.attempts.map((attempt) => attempt.responseCode);
  const name = `test_${snake(callout.event)}`;
  const asked = request?.again ? { method: "POST", ...request.again } : request;
  const happening = asked
    ? [
        "    submitted = urllib.request.Request(",
        `        zuora_simulator.url + ${python(asked.path)}${request.again ? ' + "?clientId=" + zuora_simulator.client_id' : ""},`,
        `        method=${python(asked.method)},`,
        `        data=${asked.body ? `${python(asked.body)}${request.again ? `.replace(${python(RECEIVER)}, zuora_receiver.url)` : ""}.encode()` : "None"},`,
        '        headers={**zuora_simulator.headers, "Content-Type": "application/json"},',
        "    )",
        "    urllib.request.urlopen(submitted).close()",
      ]
    : [`    zuora_simulator.fire(${[python(callout.event), fieldsText(callout.fields)].filter(Boolean).join(", ")})`];
  return [
    ...(request ? ["import urllib.request", "", ""] : []),
    `def ${name}(zuora_simulator, zuora_receiver):`,
    `    zuora_receiver.answers = ${answersText(callout)}`,
    ...(request?.again ? [] : [`    zuora_simulator.notify(${python(callout.event)}, zuora_receiver.url)`]),
    ...happening,
    "    zuora_simulator.drain()",
    `    callout = zuora_simulator.callouts[-1]`,
    `    assert [attempt.response_code for attempt in callout.attempts] == [${codes.join(", ")}]`,
    "",
  ].join("\n");
}

// The receiver of the test answers as the real one did; whatever was no answer at all becomes a hung or a closed one.
function answersText(callout) {
  const answers = callout.attempts.map((attempt) => {
    if (attempt.responseCode > 0 && !attempt.errorClass) return String(attempt.responseCode);
    return /timeout/.test(attempt.errorClass ?? "") ? '{"hang": True}' : '{"reset": True}';
  });
  return `[${answers.join(", ") || "200"}]`;
}

function fieldsText(fields) {
  const entries = Object.entries(fields ?? {});
  if (!entries.length) return "";
  return `**{${entries.map(([key, value]) => `${python(key)}: ${python(value)}`).join(", ")}}`;
}

function snake(text) {
  return text.toLowerCase().replace(/[^a-z0-9]+/g, "_").replace(/^_+|_+$/g, "") || "callout";
}

// JSON's escapes are Python's own, but for surrogate pairs, which stay as the characters that they are.
function python(value) {
  return JSON.stringify(String(value ?? ""));
}

function flow(value) {
  return safe(JSON.stringify(value));
}

// JSON is YAML, but for characters that YAML refuses as they are; and a story reads ${...} as a reference.
function safe(json) {
  return json
    .replace(/[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`)
    .replace(/\$\{/g, () => "$${");
}

function isJson(text) {
  try { JSON.parse(text); return true; } catch { return false; }
}

// On one line, number by number as it was written; YAML asks for more of one with an exponent than JSON does.
function minified(json) {
  const spelling = { ",": ", ", ":": ": " };
  return [...json.matchAll(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|[^\s"]/g)].map(([token]) => spelling[token] ?? numeral(token)).join("");
}

function numeral(token) {
  const parts = /^(-?\d+)(\.\d+)?[eE]([+-]?)(\d+)$/.exec(token);
  return parts ? `${parts[1]}${parts[2] ?? ".0"}e${parts[3] || "+"}${parts[4]}` : token;
}

"""The page at ``/_simulator/``: everything that happened, drawn live by server-sent events or frozen inside a report.

This room decides what a person sees, never what is true: it reads records and calls the control plane. It knows no
provider; each record brings its own labels. It owns the routes ``/_simulator``, ``/_simulator/static/*`` and
``/_simulator/stream``, and `freeze`, which makes ``report.html`` of the same modules.

What the page reads
===================
``GET /_simulator/stream`` sends two kinds of event, each with one JSON object:

``snapshot``   begins anew (first connection, reset, restart), the newest records first; the older ones follow in
               ``records``: ``{clock, overview, requests, callouts, requestCount, calloutCount}``.
``records``    whole rows that take the place of those with the same id: ``{clock, overview?, requests, callouts}``.

**clock** ``{now, kind: "virtual"|"real", rate, delivery}``. **overview** ``{boot, server: {name, version, url, seed, state},
settings: {..., origins: {key: "where from"}}, definitions: int, nextCommands: [str], providers: {name: label},
decidable: [providers whose requests end as ``/outcomes`` and ``/requests/{id}/outcome`` say]}``;
``boot`` is another string after each start of the server. Every key but ``boot`` and ``now`` may be absent.

**request row** ``{id, seq, provider, clientId, method, path, state: "queued|succeeded|failed|never", createTime,
completeTime, dueAt, trackId, error, label, events: [{id, name, at}]}``; `error` says why it failed, `label` what was asked for
where the path does not.

**callout row** ``{id, seq, provider, clientId, notificationId, event, eventId, eventAt, requestId (the request that it
tells of, or null), definition: {id, name}, method, url, outcome: "pending|delivered|failed|not-sent", dueAt (null where
nothing is due), maxAttempts, warnings: [str], resend: {allowed, reason},
attempts: [{number, limit, responseCode, errorClass, sentAt, endedAt, retryAt, why, historyId, resend, patience,
decision: "delivered|again|final|not-sent",
exchanges: [{requestId, method, status, errorClass, sentAt, endedAt, purpose, duplicate}]}]}``

A row is light. The whole record, which a person opens, comes from the control plane (``GET /_simulator/callouts/{id}``,
``GET /_simulator/requests/{id}``) and adds: on an exchange ``url, headers, body, responseHeaders, responseBody, truncated,
detail, notes`` (headers as ``[[name, value], ...]`` or ``{name: value}``; bodies as text; secrets masked);
on a callout ``fields``; on a request ``body`` and, where its own bytes would not do, ``again`` ``{path, body}``. Unknown keys
are ignored, so a whole record serves as a row as well.

What `freeze` takes
===================
``{title, tool: {name, version}, command, masked: [str], stories: [story]}``, or one story's keys at the top.
**story** ``{title, file, hash, text, seed, settings, origins, clock: {now}, requests, callouts, definitions,
expectations: [{met, title, expected, actual, where, callouts: [id]}]}`` with whole records as above.
"""

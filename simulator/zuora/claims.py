"""What the simulator imitates of Zuora's delivery, claim by claim: where it is said, how sure that is, and which knob turns it.

A table and no behaviour: `zuora-simulator fidelity` prints it, a test holds it against the settings and the quirks.
Sources: `guide` is the guide to asynchronous requests, `configure` "Configure Callout Notifications", `overview`
"Callout notification overview", the rest as named in the contract.
"""

from simulator.core.claims import Claim, Standing

_D, _S, _O, _I = Standing.DOCUMENTED, Standing.SPEC, Standing.OBSERVED, Standing.INFERRED

CLAIMS: tuple[Claim, ...] = (
    # what is sent
    Claim("an asynchronous event's callout is the guide's payload, keys in the guide's order", "guide", _D),
    Claim(
        "calloutParams of an asynchronous event are added to its payload as strings",
        "contract Q12",
        _I,
        "quirks.asyncParams",
        "Q12",
    ),
    Claim(
        "calloutParams travel in the body of POST, PUT and PATCH and in the query of GET and DELETE",
        "configure; API reference",
        _I,
        "quirks.paramsPlace",
        "Q12",
    ),
    Claim(
        "a default body is a flat JSON object of the chosen merge fields, every value a string", "merge-field pages", _D
    ),
    Claim("bodies are compact JSON, non-ASCII characters as they are", "receivers in the wild", _O),
    Claim("Content-Type is application/json; charset=utf-8", "configure (application/json); a captured callout", _O),
    Claim("Zuora-Request-Id is a UUID without hyphens, new for every request", "configure; overview", _D),
    Claim(
        "X-Amzn-Trace-Id is Root=1-<8 hex>-<24 hex> of the request id",
        "configure; overview (derived, form inferred)",
        _I,
        None,
        "Q24",
    ),
    Claim("Zuora-Notification-Id stays the same through all retries", "configure; overview", _D),
    Claim("User-Agent names the simulator", "contract Q24", _I, "quirks.userAgent", "Q24"),
    Claim("a custom header takes the place of a default one, never of the three that trace a callout", "none", _I),
    Claim("GET and DELETE carry no body", "contract Q12", _I, None, "Q12"),
    Claim(
        "merge fields stand in URL, parameters, headers and body, as <DataSource.X> or {{X}}",
        "configure; merge-field syntax",
        _D,
    ),
    Claim(
        "a merge field without a value is an empty string, of a standard event too",
        "contract 5.3 (configure hints at null)",
        _O,
        "quirks.standardEmpty",
    ),
    Claim(
        'empty strings of custom events are sent as "null" where the setting asks for it',
        "configure",
        _D,
        "emptyAsNull",
    ),
    Claim("date and dateTime values follow the user locale", "configure; overview (patterns inferred)", _D, "locale"),
    Claim(
        "values enter the URL as they are; white space or an unsafe character there is -2000, not sent, not retried",
        "configure",
        _D,
    ),
    Claim(
        "a body that renders to invalid JSON is -2000, not sent, not retried", "configure; overview", _D, None, "Q11"
    ),
    Claim("a header that renders to a line break, a control character or a name that is none is -2000", "none", _I),
    # authentication
    Claim("Basic credentials are sent only after 401 with WWW-Authenticate", "configure; overview", _D),
    Claim(
        "a Basic challenge is answered only where it has a realm", "configure; overview", _D, "quirks.challengeRealm"
    ),
    Claim("with preemptive authentication Basic credentials are in the first request", "configure; overview", _D),
    Claim("a domain makes NTLM possible; the receiver's challenge chooses", "configure (handshake not described)", _I),
    Claim("OAuth 2.0 client credentials go in the request body first, then as HTTP Basic", "configure", _D),
    Claim("an OAuth 2.0 token is kept until it expires; a 401 fetches a new one once", "none", _I),
    Claim("an HMAC header is made from the template's data, algorithm and secret", "callout template reference", _D),
    # what an answer means
    Claim("success is 200 only", "configure", _D),
    Claim("1xx, 403, 408, 429, 5xx and negative codes are retried, no other", "configure; overview", _D),
    Claim("redirects are not followed", "configure; overview", _D),
    Claim("a 401 is retried where credentials are configured", "configure", _D, "quirks.retry401", "Q9"),
    Claim("a transport failure is -1, which is retried", "contract Q11", _I, "quirks.transportCode", "Q11"),
    Claim("a certificate that can't be verified is 495, which is not retried", "callout template guide", _D),
    Claim("a target that the allow-list forbids is -2100: the simulator's own, final, never contacted", "none", _I),
    Claim(
        "a 200 whose JSON body says success false is retried where the setting asks for it",
        "configure; overview",
        _D,
        "confirmSuccess",
        "Q17",
    ),
    Claim("a template's own flag asks for success true in a JSON body", "callout template reference", _D, None, "Q17"),
    Claim("10 s to connect and 15 s to transfer", "configure; overview", _D),
    Claim("answers are stored up to 60 KB", "configure; overview", _D),
    # again
    Claim("a callout is tried 3 times, at most 5", "configure", _D, "maxAttempts"),
    Claim("attempts are 30 minutes apart, at most 1440", "configure", _D, "intervalMinutes"),
    Claim(
        "the maximum counts every send, the first among them",
        "configure (number of times tried)",
        _D,
        "quirks.attemptsMean",
        "Q10",
    ),
    Claim("first attempts go out in the order of their events", "configure; overview", _D, None, "Q23"),
    Claim(
        "retries use the stored template and the current credentials",
        "history pages (of a resend)",
        _I,
        "quirks.retryTemplate",
        "Q26",
    ),
    Claim("deleting a definition drops the retries that wait", "contract Q13", _I, "quirks.afterDelete", "Q13"),
    # the interface around it
    Claim(
        '202 with {"requestId": ...} accepts an asynchronous request',
        "guide (name of the field inferred)",
        _I,
        "quirks.acceptedBody",
        "Q1",
    ),
    Claim("the 202 body holds nothing but the request id", "guide", _D, "quirks.acceptedSuccess", "Q1"),
    Claim(
        "asynchronous orders answer 202", "guide; SDK (the reference says 200)", _S, "quirks.asyncOrdersStatus", "Q4"
    ),
    Claim(
        "a definition without a name takes its callout's, as the guide's sample does",
        "guide",
        _D,
        "quirks.strictDefinitions",
        "Q7",
    ),
    Claim("a stored password is masked", "contract Q14", _I, "quirks.shownPassword", "Q14"),
    Claim(
        "history rows have the types of the documented example", "history reference", _D, "quirks.historyValues", "Q15"
    ),
    Claim("callout history has no largest window", "contract Q16", _I, "quirks.historyWindowDays", "Q16"),
    Claim(
        "a repeated Idempotency-Key is answered with the first result",
        "idempotency guide",
        _D,
        "quirks.idempotencyReplay",
        "Q18",
    ),
    Claim("request.url in the payload is the path as received", "contract Q21", _I, "quirks.requestUrl", "Q21"),
    Claim("request.trackId is null where none was sent", "contract Q21", _I, "quirks.missingTrackId", "Q21"),
    Claim("with --strict-fields a number, such as an account's, belongs to one resource of its kind", "none", _I),
    Claim("an unknown endpoint is 404 with 50000040", "seen live", _O, "quirks.unknownEndpointStatus", "Q28"),
    Claim(
        "a resend with everything accepted answers 202 with a blank body",
        "resend reference",
        _D,
        "quirks.resendBody",
        "Q29",
    ),
)

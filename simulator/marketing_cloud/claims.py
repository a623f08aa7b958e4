"""What the simulator imitates of Marketing Cloud, claim by claim: where it is said, how sure that is, and which knob turns it.

A table and no behaviour. Sources: `callback` is seed 001, "Callback Handling for Asynchronous Calls"; `options` "Anatomy of
the Options Base Object" and "CreateOptions"; `response` "Response Options"; `errors` "SOAP Error Codes"; `faults` "SOAP
Faults"; `WSDL` the public description; `clients` what fuel-soap 2.2.4 and salesforce-fuelsdk-sans 1.3.1 put on the wire.
"""

from simulator.core.claims import Claim, Standing

_D, _S, _O, _I = Standing.DOCUMENTED, Standing.SPEC, Standing.OBSERVED, Standing.INFERRED

CLAIMS: tuple[Claim, ...] = (
    # how a call comes in
    Claim("a token is had by JSON, and announces the addresses of SOAP and REST with a closing slash", "clients", _O),
    Claim("a token says 1079 s and goes on working unless a lifetime is asked for", "clients (decided)", _O),
    Claim("the token stands in the SOAP header fueloauth; a bearer token is taken as well", "clients (ours)", _O),
    Claim("Body before Header, any prefix, any case of the path, SOAPAction with or without quotes", "clients", _O),
    Claim("answers use the prefix soap: and WS-Addressing headers", "clients; a capture", _O),
    Claim(
        "a failed login is a fault of code Security, 'Login Failed' or 'Token Expired'", "an issue thread; clients", _O
    ),
    Claim("a missing SOAP action is a client's fault; WS-Addressing's Action serves too", "faults", _D),
    Claim("RequestType Asynchronous makes a call asynchronous", "options", _D),
    Claim("SendResponseTo: any number of HTTPPost, email, None; FTP is refused", "options (FTP: ours)", _D),
    Claim("an HTTPPost address must be https in strict mode", "callback; options", _D, "strictUrls"),
    Claim("ScheduledTime holds a call in the queue, up to 30 days", "options", _D),
    # what is answered at once, and what is done
    Claim("an accepted asynchronous call answers OK and a RequestID, whatever becomes of it", "callback", _D),
    Claim("the StatusMessage of an accepted call is a sentence of ours", "none", _I),
    Claim("the objects of a call are worked on one by one: one that fails does not stop the others", "WSDL", _S),
    Claim(
        "an object that lacks its key fields fails with 12000 (Subscriber) or 204", "errors (which key: inferred)", _I
    ),
    Claim("Create of an object that is there updates it", "none", _I, "quirks.createExisting"),
    Claim("SaveOptions decide over an object that is there or is not", "options; errors", _D),
    # conversations
    Claim("a conversation runs once all of its calls have come, in the order of SequenceCode", "options; errors", _D),
    Claim("calls that do not fit their conversation are refused with 200, 201, 202 or 205", "errors", _D),
    Claim(
        "a conversation is told of once for each address, with the results of all its calls",
        "response (form: ours)",
        _I,
    ),
    Claim("a call without ConversationID is a conversation of one", "none", _I),
    # what is told
    Claim(
        "OnCallComplete and Always tell of every end, OnError of failures, Never (the default) of nothing",
        "response",
        _D,
    ),
    Claim("a callback is a form post of the ten fields, in order", "callback", _D),
    Claim("fields without a value are left out", "callback", _D, "quirks.emptyFields"),
    Claim("the callback of a call that failed says Error, a code and a message", "response", _D, "quirks.failedStatus"),
    Claim("an asynchronous call that failed in part says Error", "none", _I, "quirks.partlyFailed"),
    Claim("ResultDetailXML only with IncludeResults, objects in it only with IncludeObjects", "response", _D),
    Claim("the names within ResultDetailXML", "WSDL (its root: ours)", _I),
    Claim("User-Agent names the simulator", "none", _I, "quirks.callbackUserAgent"),
    Claim("a response by e-mail is kept in an outbox, the result XML attached", "options", _D),
    # what an answer means
    Claim("anything but a complete 2xx makes the HTTPPost throw", "none", _I),
    Claim("an HTTPPost that throws: an error is logged, the process stops, nothing is retried", "callback", _D),
    Claim("one call gives one callback, whatever the number of its objects", "callback", _D),
    # retrieval
    Claim("ResultMessage and ResultItem are found by RequestID, and by ResultID", "callback", _D),
    Claim("ResultItem has OverallStatusCode", "callback", _D),
    Claim("there is no ResultMessage before the call has ended", "none", _I),
    Claim("results are kept for 30 days", "the old page AsyncResponse", _D, "quirks.resultDays"),
    Claim("a property that a result does not have is an error in OverallStatus", "answers in the wild", _O),
)

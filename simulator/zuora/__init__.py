"""All that is true of Zuora, and only here.

`dialect` gives the engine Zuora's five answers, each a call into the room that decides it: `callouts` (what a receiver
hears, and what its answer means: the retry rule is `callouts.judging`), `requests` (what an asynchronous request does),
`notifications` (who hears of what), `edge` (how the API is spoken). `settings` and `quirks` are the knobs, `claims` says
of each imitated rule where it comes from.
"""

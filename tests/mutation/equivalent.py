"""Faults that change nothing anybody can see, and why: what `make mutate` does not plant.

Of each module the line as it is, the line as it would be (both as `ast.unparse` writes them), and the reason.
"""

_UNASKED = "UNASKED = Policy(limit=1, interval=timedelta(0), retry=False)"
_DRAWS = "return probability >= 1 or self._ids.fraction('fault', *place) < probability"
_JUDGED = "assert isinstance(signal, Judged) and delivery.started is not None"
_KEPT = "self._timeline.keep(lambda item: item in self.ledger.deliveries or item in self.ledger.jobs)"
_SHUFFLED = "for place, source in zip(at, drawn, strict=True):"
_FORMS = "_shared = lru_cache(maxsize=1024)(Form)"

_TASTE = "how many is a matter of taste"
_UNUSED = "it stands where no policy is asked"
_CERTAIN = "saves time alone: what is drawn is below 1"

EQUIVALENT = {
    "simulator/core/attempt.py": [
        ("if not self.rewrite.copies:", "pass", "saves time alone"),
    ],
    "simulator/core/attempts.py": [
        (_UNASKED, _UNASKED.replace("limit=1", "limit=2"), _UNUSED),
        (_UNASKED, _UNASKED.replace("(0)", "(1)"), _UNUSED),
        (_UNASKED, _UNASKED.replace("False", "True"), _UNUSED),
        ("return ()", "return None", "no copies either way; mypy watches over the type"),
    ],
    "simulator/core/delivery.py": [
        (_JUDGED, _JUDGED.replace(" and ", " or "), "an assertion of what the table promises"),
    ],
    "simulator/core/engine.py": [
        (_KEPT, "pass", "saves memory alone: an entry that names nothing is passed over"),
        ("self._heard_by.clear()", "pass", "saves memory alone: what is shared is equal"),
    ],
    "simulator/core/faults.py": [
        ("if not self._faults:", "pass", "saves time alone"),
        ("if not shuffling:", "pass", "saves time alone"),
        (_DRAWS, _DRAWS.replace(">=", ">"), _CERTAIN),
        (_DRAWS, _DRAWS.replace("1", "2"), _CERTAIN),
        (_DRAWS, _DRAWS.replace("<", "<="), "that both are equal comes once in 2 ** 56 draws"),
        (_SHUFFLED, _SHUFFLED.replace("True", "False"), "one is the other, sorted"),
    ],
    "simulator/core/gaps.py": [
        ("@lru_cache(maxsize=1024)", "@lru_cache(maxsize=1025)", _TASTE),
    ],
    "simulator/core/heads.py": [
        (_FORMS, _FORMS.replace("1024", "1025"), _TASTE),
    ],
    "simulator/runtime/journal/file.py": [
        ("HEADER = 100", "HEADER = 101", "no database is of that length"),
    ],
    "simulator/runtime/journal/scribe.py": [
        ("REMEMBERED = 1000", "REMEMBERED = 1001", _TASTE),
    ],
}

"""The durable ledger: every accepted fact in an SQLite file, before it is acknowledged; and back again.

`rows` says how a fact is written, `codec` how a provider's own records are, `file` where, `writer` when; `reading` turns
what was written into facts again. None of them knows a provider.
"""

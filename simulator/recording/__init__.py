"""What happened, written down as a story: from a simulator's own ledger, or from the callout history that Zuora answers.

This room decides how a record becomes the text of a scenario file, and which values of it nobody else is to read. It plays
nothing; the format is the one that `simulator.replay` reads.
"""

"""What may be said here, written down: packs of clauses, phrases and rules, and their verdicts.

Knows text only: no sound, no database, no HTTP.
"""

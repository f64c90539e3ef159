"""Statements of reasons: what was taken from a person, why, and what they can do about it."""

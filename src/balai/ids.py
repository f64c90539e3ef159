"""Identifiers: random, short enough to read aloud, safe in a path."""

import secrets

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u


def new_id() -> str:
    """Make an identifier of 12 characters (60 random bits). It is no secret."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(12))


def new_secret() -> str:
    """Make a capability of 26 characters (130 random bits): who knows it may use it."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(26))

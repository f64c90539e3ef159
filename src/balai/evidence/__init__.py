"""Sealed sound and files: kept encrypted, read with a purpose, destroyed with their keys."""

"""Known recordings: what they are, whence they came, their fingerprints as opaque bytes.

The record side of the ear. It knows no sound: whoever adds a fingerprint made it elsewhere.
"""

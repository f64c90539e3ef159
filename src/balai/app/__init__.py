"""Build the house once: one module a command, so that a process loads only what it runs.

Each has `run`; the command `balai NAME` runs `balai.app.NAME`. No logic lives here.
"""

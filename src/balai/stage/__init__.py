"""Speakers' voices in, the others' voices back out. Knows no database and no listener."""

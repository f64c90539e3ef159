"""Listens to live sound and raises flags; knows no records."""

"""From a report or a flag to a decision, its effect, its statement and an appeal."""

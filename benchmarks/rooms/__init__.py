"""The labelled rooms: acted scripts, written for measuring a policy, and their loader."""

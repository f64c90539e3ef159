"""Balai: live audio rooms with safety in the broadcast path."""

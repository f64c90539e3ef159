"""Hears words: voice activity, utterances, engines that turn speech into text."""

"""Sound itself: blocks, levels, codecs' raw ends. Knows no room, no network, no database."""

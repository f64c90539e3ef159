"""The speech engines of a house, as its settings choose them."""

from balai.detect.speech.engines import Engines, open_engines
from balai.detect.speech.remote import Remote
from balai.settings import Settings


def engines_of(settings: Settings) -> Engines:
    """Give the engines; each is loaded when it is first needed.

    Raises:
        ChoiceInvalid: a setting names an engine, a language or a server that is none.
    """
    remotes = {
        name: Remote(
            url=address,
            model=settings.words_remote_model,
            key=settings.words_remote_key.get_secret_value() or None,
            hold_languages=frozenset(settings.words_remote_hold),
        )
        for name, address in settings.words_remotes.items()
    }
    hold = settings.words_whisper_hold
    return open_engines(
        settings.words_engines,
        settings.models_path,
        remotes,
        None if hold is None else frozenset(hold),
    )

"""`balai words`: hears the words of the rooms of this house."""

import logging

from balai.app.log import start_log
from balai.app.speech import engines_of
from balai.detect.speech.listen import listen
from balai.errors import BalaiError
from balai.settings import Settings

log = logging.getLogger(__name__)


def run(settings: Settings) -> None:
    """Listen until told to stop."""
    start_log(settings)
    engines = engines_of(settings)
    try:
        engines.load()  # now, so that the first utterance need not wait
    except BalaiError as error:
        log.warning("words will be unheard: %s", error)
    listen(
        settings.run_path,
        engines,
        deadline_s=settings.words_deadline_s,
        length_s=settings.words_utterance_s,
    )

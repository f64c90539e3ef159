"""The recogniser: a process that hears the words of the voices it is given.

It knows nothing of rooms but their ids, keeps no sound longer than an utterance waits, and may
die at any moment: the worker sees that at once and says which words nobody heard.
"""

import logging
import os
import threading
import time
from pathlib import Path
from typing import Final

from balai.detect.connection import Connection, connected
from balai.detect.speech.hearing import Engines, Hearing
from balai.detect.wire import WORDS_SOCKET
from balai.errors import BalaiError

RETRY_S: Final = 0.5
_NICENESS: Final = 5  # the mixer comes first

log = logging.getLogger(__name__)


def listen(run_path: Path, engines: Engines, *, deadline_s: float, length_s: float) -> None:
    """Hear words for whichever worker serves this folder, until the process is ended.

    Shapes:
        deadline_s: how long an utterance may wait for its words
        length_s: the longest utterance
    """
    os.nice(_NICENESS)
    while True:
        try:
            with connected(run_path, WORDS_SOCKET) as connection:
                hearing = Hearing(
                    engines, connection.tell, deadline_s=deadline_s, length_s=length_s
                )
                _hear(connection, hearing)
        except (FileNotFoundError, ConnectionError):
            log.debug("no worker to hear words for")
        except (OSError, BalaiError) as error:
            log.warning("the recogniser lost its worker: %s", error)
        time.sleep(RETRY_S)


def _hear(connection: Connection, hearing: Hearing) -> None:
    recognising = threading.Thread(target=_recognise, args=(connection, hearing), daemon=True)
    recognising.start()
    try:
        for chunk in connection.chunks():
            hearing.hear(chunk)
    finally:
        hearing.stop()
        recognising.join()


def _recognise(connection: Connection, hearing: Hearing) -> None:
    """Recognise until stopped; a fault ends the connection, so that everybody sees it."""
    try:
        hearing.recognise()
    except ConnectionError:
        log.debug("the worker has gone")
    except Exception:
        log.exception("recognising failed")
    finally:
        connection.close()

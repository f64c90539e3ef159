"""Sound as a kind of content."""

from threatexchange.content_type.content_base import ContentType


class AudioContent(ContentType):
    """Sound: speech, chants, music, or what is heard in a video.

    Examples: Opus, MP3, WAV, FLAC files, and the sound of MP4 files.
    """

"""Balai's fingerprints for `threatexchange`: its `tx` command and its server load this.

    tx config extensions add balai.tx

adds the content type `audio` and the signal type `balai_audio`. The library comes with the
extra `balai[threatexchange]`; nothing else in Balai needs it.
"""

from threatexchange.extensions.manifest import ThreatExchangeExtensionManifest

from balai.tx.content import AudioContent
from balai.tx.signal import BalaiAudioSignal

TX_MANIFEST = ThreatExchangeExtensionManifest(
    signal_types=(BalaiAudioSignal,), content_types=(AudioContent,)
)

"""The sentences of statements of reasons, by language: a correction of the law's words is here.

`client/messages` says what was taken, and what the house itself writes, with the same words
(`taken_*`, `told_*`): who reads in another language than it was written in has them in theirs.

To be confirmed by an operator's lawyer: the sentences about redress (articles 20 and 21).
"""

from collections.abc import Mapping
from typing import Final

FALLBACK: Final = "en"
BODIES_URL: Final = (
    "https://digital-strategy.ec.europa.eu/en/policies/dsa-out-court-dispute-settlement"
)
_EN: Final = {
    "mute": "Your microphone was muted on stage and on air.",
    "hold": "Your voice was withheld from the live audience until a person has looked at it.",
    "chat_only": "You can write in this room, but not speak.",
    "move_to_hall": "You were moved from the stage to the hall.",
    "remove": "You were removed from this room.",
    "room_ban": "You may not take part in this room.",
    "house_ban": "You may not take part in the rooms of this house.",
    "permanent_removal": "Your account was removed from this house for good.",
    "room_ended": "Your room was ended.",
    "content_disabled": "What you said in this room can no longer be heard.",
    "content_removed": "Some of your words are left out of the replay of this room.",
    "take_line": "A line of yours was taken out of the chat of this room.",
    "scope_all": "It applies wherever this house can be reached.",
    "scope_some": "It applies in these countries: {countries}.",
    "until_lifted": "It lasts until it is lifted.",
    "until_moment": "It ends by itself at the time given here.",
    "at_once": "It was over at the moment it happened; you may come back at once.",
    "facts_rule": "It follows from something recognised in your voice in a live room.",
    "facts_person": "It follows from what happened in a live room, as seen by who decided.",
    "voluntary": "This was done on our own initiative, without a notice from outside.",
    "article_16": "Somebody sent us a notice about it.",
    "trusted_flagger": "A trusted flagger sent us a notice about it.",
    "other_notification": "It was pointed out to us.",
    "detection_yes": "It was noticed by an automatic detector.",
    "detection_no": "It was noticed by a person.",
    "decision_fully": "A rule of the house decided by itself, until a person decides.",
    "decision_partially": "A machine proposed it and a person decided.",
    "decision_not_automated": "A person decided.",
    "room_rules": "The rules of the room and of this house",
    "no_more": "No further reason was given.",
    "why_clause": "This may not be said or done here; see the clause in the policy.",
    "complaint": "You can contest this here, free of charge; another person than the one who"
    " decided answers you.",
    "out_of_court": "You can turn to a certified body for settling disputes out of court.",
    "court": "You can go to court at any time.",
    "contest_right": "The safety team has looked at it and found that this was taken from you"
    " wrongly.",
    "never_done": "This was not carried out: the room was over before.",
    "team_decided": "Decided by the safety team",
}
_ID: Final = {
    "mute": "Mikrofon Anda dibisukan di panggung dan di siaran.",
    "hold": "Suara Anda ditahan dari pendengar sampai seseorang memeriksanya.",
    "chat_only": "Anda dapat menulis di ruang ini, tetapi tidak berbicara.",
    "move_to_hall": "Anda dipindahkan dari panggung ke aula.",
    "remove": "Anda dikeluarkan dari ruang ini.",
    "room_ban": "Anda tidak boleh ikut serta di ruang ini.",
    "house_ban": "Anda tidak boleh ikut serta di ruang-ruang balai ini.",
    "permanent_removal": "Akun Anda dihapus dari balai ini untuk selamanya.",
    "room_ended": "Ruang Anda diakhiri.",
    "content_disabled": "Yang Anda katakan di ruang ini tidak dapat didengar lagi.",
    "content_removed": "Sebagian kata Anda tidak ada lagi dalam siaran ulang ruang ini.",
    "take_line": "Sebaris tulisan Anda dikeluarkan dari obrolan ruang ini.",
    "scope_all": "Ini berlaku di mana pun balai ini dapat diakses.",
    "scope_some": "Ini berlaku di negara-negara berikut: {countries}.",
    "until_lifted": "Ini berlaku sampai dicabut.",
    "until_moment": "Ini berakhir sendiri pada waktu yang tertera di sini.",
    "at_once": "Ini selesai pada saat terjadi; Anda boleh segera kembali.",
    "facts_rule": "Dasarnya sesuatu yang dikenali dalam suara Anda di ruang langsung.",
    "facts_person": "Dasarnya kejadian di ruang langsung, seperti yang dilihat pemutusnya.",
    "voluntary": "Ini dilakukan atas prakarsa kami sendiri, tanpa pemberitahuan dari luar.",
    "article_16": "Seseorang mengirim pemberitahuan kepada kami tentang hal ini.",
    "trusted_flagger": "Pelapor tepercaya mengirim pemberitahuan kepada kami tentang hal ini.",
    "other_notification": "Hal ini disampaikan kepada kami.",
    "detection_yes": "Ini diketahui oleh pendeteksi otomatis.",
    "detection_no": "Ini diketahui oleh seseorang.",
    "decision_fully": "Aturan balai ini memutuskan sendiri, sampai seseorang memutuskannya.",
    "decision_partially": "Mesin mengusulkan dan seseorang memutuskan.",
    "decision_not_automated": "Seseorang memutuskan.",
    "room_rules": "Aturan ruang dan balai ini",
    "no_more": "Tidak ada alasan lain yang diberikan.",
    "why_clause": "Ini tidak boleh dikatakan atau dilakukan di sini; lihat pasalnya.",
    "complaint": "Anda dapat menyanggah di sini tanpa biaya; orang lain, bukan yang memutuskan,"
    " akan menjawab.",
    "out_of_court": "Anda dapat meminta lembaga bersertifikat menyelesaikan sengketa di luar"
    " pengadilan.",
    "court": "Anda dapat menempuh jalur pengadilan kapan saja.",
    "contest_right": "Tim keselamatan telah memeriksanya dan menyimpulkan bahwa tindakan ini"
    " terhadap Anda keliru.",
    "never_done": "Ini tidak jadi dilaksanakan: ruangnya sudah berakhir sebelumnya.",
    "team_decided": "Diputuskan oleh tim keselamatan",
}
WORDING: Final[Mapping[str, Mapping[str, str]]] = {"en": _EN, "id": _ID}
# What the public database is told when nothing else may be published. It names nobody.
FACTS: Final[Mapping[str, str]] = {
    "mute": "A speaker's microphone was muted in a live audio room.",
    "hold": "A speaker's voice was withheld from the live audience of an audio room.",
    "chat_only": "A participant of a live audio room was limited to writing.",
    "move_to_hall": "A speaker was moved from the stage of a live audio room to its audience.",
    "remove": "A participant was removed from a live audio room.",
    "room_ban": "A participant was barred from a live audio room.",
    "house_ban": "A participant was barred from all live audio rooms of the service.",
    "permanent_removal": "An account was removed from a service of live audio rooms for good.",
    "room_ended": "A live audio room was ended.",
    "content_disabled": "Access to a stretch of speech from an audio room was disabled.",
    "content_removed": "A stretch of speech was removed from the replay of an audio room.",
    "take_line": "A written line was removed from the chat of a live audio room.",
}
DECIDED_BY: Final[Mapping[str, str]] = {
    "rule": "A rule of the service acted by itself; a person reviews it.",
    "host": "The host of the room decided.",
    "cohost": "A co-host of the room decided.",
    "reviewer": "The safety team of the service decided.",
}
ROOM_RULES: Final = "Rules of the room and of the service"
PRIVATE_REASON: Final = "The reason was given to the person in words that are not published."
WITHHELD: Final = "Withheld from the live audience pending review"


def sentence(key: str, *wanted: str) -> str:
    """Give a sentence in the first language of those wanted in which it is written."""
    return WORDING[language_of(*wanted)][key]


def language_of(*wanted: str) -> str:
    """Choose the first language of those wanted in which the sentences are written."""
    bare = (one.split("-")[0].lower() for one in wanted)
    return next((one for one in bare if one in WORDING), FALLBACK)

"""What every stage engine does alike: the embedded one with real WebRTC peers, and the fake."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import pytest

from balai.stage.embedded import EmbeddedEngine
from balai.stage.engine import (
    MonitorMissing,
    MonitorsFull,
    OfferInvalid,
    OfferTooLarge,
    SeatChange,
    SeatNotConnected,
    SeatTaken,
    Stage,
    StageClosed,
    StageEngine,
    StageEvent,
    StageFull,
    TooManyStages,
)
from balai.stage.fake import MONITOR_OFFER, OFFER, FakeEngine
from tests.contract.stage_speakers import (
    FakeSpeaker,
    Mixer,
    RealSpeaker,
    Speaker,
    pitches,
    until,
)

pytestmark = pytest.mark.alone

CONNECTED, RECONNECTING, GONE = SeatChange.CONNECTED, SeatChange.RECONNECTING, SeatChange.GONE


@dataclass
class House:
    """One engine with a stage on it, a mixer that ticks it and people who speak."""

    engine: StageEngine
    stage: Stage
    mixer: Mixer
    new_speaker: Callable[[str], Speaker]
    events: list[StageEvent]
    speakers: list[Speaker] = field(default_factory=list)

    async def speaker(self, seat: str) -> Speaker:
        speaker = self.new_speaker(seat)
        self.speakers.append(speaker)
        await speaker.join(self.stage)
        await until(lambda: (seat, CONNECTED) in self.told())
        return speaker

    def told(self) -> list[tuple[str, SeatChange]]:
        return [(event.seat, event.change) for event in self.events]


@pytest.fixture(params=["fake", "embedded"])
async def house(request: pytest.FixtureRequest) -> AsyncIterator[House]:
    engine: StageEngine
    new_speaker: Callable[[str], Speaker]
    if request.param == "fake":
        engine, new_speaker = FakeEngine(speakers_max=4, stages_max=2), FakeSpeaker
    else:
        engine, new_speaker = EmbeddedEngine(speakers_max=4, stages_max=2), RealSpeaker
    events: list[StageEvent] = []
    stage = await engine.open("room", tell=events.append)
    house = House(engine, stage, Mixer(stage), new_speaker, events)
    yield house
    for speaker in house.speakers:
        await speaker.leave()
    house.mixer.stop()
    await engine.close()


async def test_a_voice_is_heard_by_the_room_and_by_the_others_but_not_by_its_owner(
    house: House,
) -> None:
    ada, ben, eve = [await house.speaker(seat) for seat in ("ada", "ben", "eve")]
    ada.talk(500)
    ben.talk(900)
    await until(lambda: pitches(house.mixer.sound("ada")) == {500})
    await until(lambda: pitches(house.mixer.sound("ben")) == {900})
    await until(lambda: house.stage.talking == {"ada", "ben"})
    await until(lambda: ada.hears() == {900})
    await until(lambda: ben.hears() == {500})
    await until(lambda: eve.hears() == {500, 900})
    await until(lambda: house.mixer.is_absent("eve"))
    assert all(
        block.shape == (960,) and block.dtype == "int16"
        for voices in list(house.mixer.last)
        for block in voices.values()
    )


async def test_a_muted_voice_is_heard_by_nobody_until_it_is_unmuted(house: House) -> None:
    ada, ben = await house.speaker("ada"), await house.speaker("ben")
    ada.talk(500)
    await until(lambda: ben.hears() == {500})
    house.stage.mute("ada", muted=True)
    await until(lambda: house.mixer.is_absent("ada"))
    await until(lambda: ben.hears() == set())
    assert house.stage.talking == set()
    house.stage.mute("ada", muted=False)
    await until(lambda: pitches(house.mixer.sound("ada")) == {500})
    await until(lambda: ben.hears() == {500})


async def test_a_seat_may_be_muted_ahead_of_its_coming(house: House) -> None:
    house.stage.mute("ada", muted=True)
    ada = await house.speaker("ada")
    ben = await house.speaker("ben")
    ada.talk(500)
    ben.talk(900)
    await until(lambda: pitches(house.mixer.sound("ben")) == {900})
    await until(lambda: house.mixer.is_absent("ada"))


async def test_a_seat_that_hangs_up_leaves_the_others_alone(house: House) -> None:
    ada, ben = await house.speaker("ada"), await house.speaker("ben")
    ada.talk(500)
    ben.talk(900)
    await until(lambda: ada.hears() == {900})
    await house.stage.disconnect("ben")
    await until(lambda: house.mixer.is_absent("ben"))
    assert pitches(house.mixer.sound("ada")) == {500}
    assert ("ben", GONE) not in house.told()
    with pytest.raises(SeatNotConnected):
        await house.stage.disconnect("ben")


async def test_a_peer_that_vanishes_reconnects_under_the_same_seat(house: House) -> None:
    ada = await house.speaker("ada")
    ada.talk(500)
    await until(lambda: pitches(house.mixer.sound("ada")) == {500})
    again = house.new_speaker("ada")
    house.speakers.append(again)
    with pytest.raises(SeatTaken):
        await again.join(house.stage)
    ada.vanish()
    await until(lambda: house.told()[-1] == ("ada", RECONNECTING))
    fresh = house.new_speaker("ada")
    house.speakers.append(fresh)
    await fresh.join(house.stage)
    await until(lambda: house.told()[-1] == ("ada", CONNECTED))
    fresh.talk(900)
    await until(lambda: pitches(house.mixer.sound("ada")) == {900})
    assert house.told() == [("ada", CONNECTED), ("ada", RECONNECTING), ("ada", CONNECTED)]


async def test_a_peer_that_stays_away_is_given_up(house: House) -> None:
    ada, ben = await house.speaker("ada"), await house.speaker("ben")
    ben.talk(900)
    ada.vanish()
    await until(lambda: ("ada", GONE) in house.told(), seconds=20)
    assert [change for seat, change in house.told() if seat == "ada"] == [
        CONNECTED,
        RECONNECTING,
        GONE,
    ]
    assert pitches(house.mixer.sound("ben")) == {900}
    with pytest.raises(SeatNotConnected):
        await house.stage.disconnect("ada")


async def test_a_full_stage_takes_nobody_more(house: House) -> None:
    for seat in ("a", "b", "c", "d"):
        await house.speaker(seat)
    fifth = house.new_speaker("e")
    house.speakers.append(fifth)
    with pytest.raises(StageFull):
        await fifth.join(house.stage)
    await house.stage.disconnect("a")
    await fifth.join(house.stage)
    await until(lambda: ("e", CONNECTED) in house.told())


@pytest.mark.parametrize("offer", ["", "v=0", OFFER.replace("m=audio", "m=video"), OFFER * 2])
async def test_an_offer_that_cannot_be_used_changes_nothing(house: House, offer: str) -> None:
    with pytest.raises(OfferInvalid):
        await house.stage.connect("ada", offer)
    with pytest.raises(SeatNotConnected):
        await house.stage.disconnect("ada")


async def test_a_monitor_hears_everybody_and_is_on_no_stage(house: House) -> None:
    ada, ben = [await house.speaker(seat) for seat in ("ada", "ben")]
    monitor = house.new_speaker("olga")
    house.speakers.append(monitor)
    await monitor.listen(house.stage)
    ada.talk(500)
    ben.talk(900)
    await until(lambda: monitor.hears() == {500, 900})
    assert house.stage.talking == {"ada", "ben"}
    assert {seat for seat, _ in house.told()} == {"ada", "ben"}
    with pytest.raises(SeatNotConnected):
        await house.stage.disconnect("olga")
    await house.stage.send_away("olga")
    with pytest.raises(MonitorMissing):
        await house.stage.send_away("olga")
    await until(lambda: ada.hears() == {900})


async def test_a_monitor_hears_a_held_or_only_voice_and_no_muted_one(house: House) -> None:
    ada = await house.speaker("ada")
    monitor = house.new_speaker("olga")
    house.speakers.append(monitor)
    await monitor.listen(house.stage)
    ada.talk(500)
    await until(lambda: monitor.hears() == {500})  # she alone talks: there is no other feed
    house.stage.mute("ada", muted=True)
    await until(lambda: monitor.hears() == set())


async def test_monitors_take_nobodys_place_and_are_four_at_most(house: House) -> None:
    for name in ("olga", "putri", "rita", "rolf", "olga"):  # the last one comes a second time
        await house.stage.let_in(name, MONITOR_OFFER)
    with pytest.raises(MonitorsFull):
        await house.stage.let_in("rosa", MONITOR_OFFER)
    for seat in ("a", "b", "c", "d"):
        await house.speaker(seat)
    await house.stage.send_away("putri")
    await house.stage.let_in("rosa", MONITOR_OFFER)


async def test_a_monitor_must_not_send_and_a_closed_stage_lets_none_in(house: House) -> None:
    with pytest.raises(OfferInvalid):
        await house.stage.let_in("olga", OFFER)
    with pytest.raises(OfferInvalid):
        await house.stage.connect("ada", MONITOR_OFFER)
    await house.stage.let_in("olga", MONITOR_OFFER)
    await house.stage.close()
    with pytest.raises(MonitorMissing):
        await house.stage.send_away("olga")
    with pytest.raises(StageClosed):
        await house.stage.let_in("olga", MONITOR_OFFER)


async def test_an_offer_of_two_megabytes_is_too_large(house: House) -> None:
    with pytest.raises(OfferTooLarge):
        await house.stage.connect("ada", OFFER + "a=x\r\n" * 400_000)


async def test_an_answer_holds_the_addresses_and_the_opus_settings(house: House) -> None:
    answer = await house.stage.connect("ada", OFFER)
    lines = answer.splitlines()
    assert [line for line in lines if line.startswith("m=")] == [
        next(line for line in lines if line.startswith("m=audio ") and line.endswith(" 111"))
    ]
    assert [line for line in lines if line.startswith("a=fmtp:")] == [
        "a=fmtp:111 minptime=10;useinbandfec=1;stereo=0;maxaveragebitrate=32000"
    ]
    assert "a=setup:active" in lines
    assert "a=sendrecv" in lines


async def test_a_closed_stage_takes_nobody_and_gives_silence(house: House) -> None:
    ada = await house.speaker("ada")
    ada.talk(500)
    await until(lambda: pitches(house.mixer.sound("ada")) == {500})
    await house.stage.close()
    await house.stage.close()
    await until(lambda: house.mixer.is_absent("ada"))
    with pytest.raises(StageClosed):
        await house.stage.connect("ada", OFFER)


async def test_there_are_only_so_many_stages(house: House) -> None:
    other = await house.engine.open("other", tell=house.events.append)
    with pytest.raises(TooManyStages):
        await house.engine.open("third", tell=house.events.append)
    await other.close()
    await house.engine.open("third", tell=house.events.append)

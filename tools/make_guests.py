"""Record the demonstration's guests: `python -m tools.make_guests`, needs espeak-ng and ffmpeg.

Reads src/balai/demo/script.toml and writes one Opus file a line into src/balai/demo/recordings.
"""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

DEMO = Path(__file__).parents[1] / "src" / "balai" / "demo"
BITRATE = "24k"
# Trim the synthesiser's silence, take off its harsh top, bring every line to one loudness.
FILTERS = (
    "silenceremove=start_periods=1:start_threshold=-45dB:stop_periods=-1:stop_threshold=-45dB"
    ":stop_duration=0.35,highpass=f=80,lowpass=f=7500,equalizer=f=3200:t=q:w=1:g=-3,"
    "loudnorm=I=-18:TP=-2:LRA=7,aresample=48000"
)


def say(text: str, spoken: dict[str, str]) -> str:
    """Spell words as the synthesiser should say them."""
    for word, sound in spoken.items():
        text = re.sub(rf"\b{word}\b", sound, text, flags=re.IGNORECASE)
    return text


def record(text: str, guest: dict[str, Any], path: Path) -> None:
    """Let a guest say a line."""
    voice = ["-v", guest["voice"], "-s", str(guest["speed"]), "-p", str(guest["pitch"])]
    wav = subprocess.run(
        ["espeak-ng", *voice, "-g", "4", "--stdout", text], check=True, capture_output=True
    ).stdout
    encode = ["-c:a", "libopus", "-b:a", BITRATE, "-application", "voip"]
    frames = [
        "-frame_duration",
        "20",
        "-ac",
        "1",
        "-map_metadata",
        "-1",
        "-fflags",
        "+bitexact",
    ]
    subprocess.run(
        ["ffmpeg", "-v", "error", "-y", "-i", "-", "-af", FILTERS, *encode, *frames, str(path)],
        check=True,
        input=wav,
    )


def main() -> None:
    for program in ("espeak-ng", "ffmpeg"):
        if shutil.which(program) is None:
            raise SystemExit(f"{program} is missing: apt-get install {program}")
    script = tomllib.loads((DEMO / "script.toml").read_text())
    guests = {guest["handle"]: guest for guest in script["guests"]}
    folder = DEMO / "recordings"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for number, line in enumerate(script["lines"], 1):
        path = folder / f"{number:02}.opus"
        record(say(line["text"], script["spoken"]), guests[line["guest"]], path)
        print(f"{path.name}  {path.stat().st_size:>7,} bytes  {line['text']}")


if __name__ == "__main__":
    main()

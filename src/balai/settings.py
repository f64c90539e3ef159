"""Every setting: from the environment (`BALAI_…`, and plain `PORT`), else from balai.toml.

docs/settings.md lists them all; a test holds that list to this file.
"""

from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

Port = Annotated[int, Field(ge=1, le=65_535)]


class Settings(BaseSettings):
    """What an operator can set."""

    model_config = SettingsConfigDict(
        env_prefix="BALAI_", toml_file="balai.toml", extra="forbid", frozen=True
    )

    data: Path = Field(default=Path("./var"), description="Folder for everything that is kept")
    host: str = Field(default="127.0.0.1", description="Address to listen on")
    port: Port = Field(
        default=8000,
        validation_alias=AliasChoices("PORT", "BALAI_PORT", "port"),
        description="Port of pages and API (PORT or BALAI_PORT)",
    )
    hall_port: Port | None = Field(
        default=None, description="Port of the hall's media; unset: the port after `port`"
    )
    hall_workers: int = Field(
        default=1, ge=1, le=64, description="Processes that serve the hall"
    )
    public_url: str | None = Field(
        default=None, description="Address people use, when a reverse proxy stands before Balai"
    )
    hall_url: str | None = Field(
        default=None,
        description="Address of the hall's media, when a proxy or CDN stands before it",
    )
    house_name: str = Field(
        default="Balai", max_length=60, description="Name shown in the header"
    )
    rooms_max: int = Field(default=8, ge=1, le=200, description="Rooms on air at the same time")
    speakers_max: int = Field(default=20, ge=1, le=20, description="Speakers on one stage")
    ice_servers: list[str] = Field(
        default_factory=list, description="STUN and TURN servers offered to speakers"
    )
    ice_username: str = Field(default="", description="User name for those TURN servers")
    ice_password: SecretStr = Field(
        default=SecretStr(""), description="Password for those TURN servers"
    )
    ear_processes: int = Field(
        default=1, ge=1, le=64, description="Processes that listen for known recordings"
    )
    ear_hold: bool = Field(
        default=True,
        description="Hold a voice in which a recording listed for holding was confirmed",
    )
    ear_suspected_delay_s: float | None = Field(
        default=None,
        ge=0,
        le=30,
        description="On a suspicion, lengthen the room's delay to this; unset: leave it",
    )
    ear_false_alarms: float = Field(
        default=1.0, gt=0, le=1000, description="False alarms accepted in 1,000 hours a voice"
    )
    words_processes: int = Field(
        default=1, ge=0, le=64, description="Processes that hear words, started by `serve`"
    )
    words_engines: dict[str, str] = Field(
        default_factory=lambda: {"en": "default"},
        description="Speech engine by language, `*` for others: default, pocketsphinx, "
        "whisper:MODEL, remote:NAME or none; nothing at all: words are not listened for",
    )
    words_remotes: dict[str, str] = Field(
        default_factory=dict,
        description="Address of each OpenAI-compatible speech server, by the NAME used above",
    )
    words_remote_model: str = Field(
        default="whisper-1", description="Model asked of those speech servers"
    )
    words_remote_key: SecretStr = Field(
        default=SecretStr(""), description="Key for those speech servers"
    )
    words_remote_hold: list[str] = Field(
        default_factory=list,
        description="Languages in which those servers are reliable enough to hold a voice",
    )
    words_whisper_hold: list[str] | None = Field(
        default=None,
        description="Languages in which Whisper is reliable enough to hold a voice; unset: as "
        "published for the model",
    )
    words_deadline_s: float = Field(
        default=4.0, gt=0, le=30, description="What is recognised later than this is unheard"
    )
    words_utterance_s: float = Field(
        default=4.0, ge=1, le=8, description="Longest stretch of speech recognised at once"
    )
    words_hold: bool = Field(
        default=True, description="Hold a voice when a vetted rule of the policy says so"
    )
    words_delay_s: float = Field(
        default=12.0, ge=0, le=30, description="Delay when a rule of the policy lengthens it"
    )
    policy_labelled: Path = Field(
        default=Path("benchmarks/rooms"),
        description="Labelled rooms on which a policy is tried before it is in force",
    )
    policy_wrong_hold_s_per_h: float | None = Field(
        default=None,
        ge=0,
        description="Refuse a policy that holds more harmless seconds in an hour of speech",
    )
    policy_flags_per_h: float | None = Field(
        default=None, ge=0, description="Refuse a policy that raises more flags in an hour"
    )
    unwatched_delay_s: float | None = Field(
        default=None,
        ge=0,
        le=30,
        description="While a voice is unwatched, lengthen the room's delay to this",
    )
    unwatched_close_s: float | None = Field(
        default=None, ge=1, description="Close a room that was unwatched for so long"
    )
    unheard_counts: bool = Field(
        default=False, description="Treat a voice whose words nobody hears as unwatched"
    )
    evidence_s: int = Field(
        default=600,
        ge=0,
        le=1800,
        description="Seconds of speakers' sound kept encrypted for reports and flags; 0: none",
    )
    report_window_s: int = Field(
        default=1800,
        ge=0,
        le=86_400,
        description="How long after its end a room can be reported; then unsealed sound goes",
    )
    evidence_keys: Path | None = Field(
        default=None,
        description="Folder in memory (tmpfs) for keys of unsealed sound; unset: /dev/shm",
    )
    evidence_vault: Path | None = Field(
        default=None,
        description="File with the key of sealed evidence; unset: in the data folder",
    )
    evidence_days: int = Field(
        default=210, ge=1, le=3650, description="How long sealed evidence is kept"
    )
    timestamp_url: str | None = Field(
        default=None, description="Time-stamp authority (RFC 3161) for bundles of evidence"
    )
    session_days: int = Field(default=30, ge=1, le=365, description="How long a sign-in lasts")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="How much is logged; speech and names never are"
    )
    duty_required: bool = Field(
        default=False,
        description="Open public rooms only while somebody of the safety team is on duty",
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the hook's signature
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read arguments, then the environment, then balai.toml in the working folder."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)

    @cached_property
    def hall_port_used(self) -> int:
        """The hall's port, given or derived."""
        return self.hall_port or self.port + 1

    @property
    def database_path(self) -> Path:
        """The SQLite file."""
        return self.data / "balai.sqlite3"

    @property
    def catalogue_path(self) -> Path:
        """The catalogue of known recordings that this house listens for."""
        return self.data / "catalogue"

    @property
    def segments_path(self) -> Path:
        """That catalogue's index, as detectors read it."""
        return self.catalogue_path / "segments"

    @property
    def models_path(self) -> Path:
        """Speech models that were fetched."""
        return self.data / "models"

    @property
    def packs_path(self) -> Path:
        """Policy packs by their hash, and what they did when they were tried."""
        return self.data / "policy"

    @property
    def air_path(self) -> Path:
        """The published ring: only what has aired is ever here."""
        return self.data / "air"

    @property
    def tracks_path(self) -> Path:
        """Each voice of recorded rooms apart, and what replays were: no listener reads here."""
        return self.data / "tracks"

    @property
    def run_path(self) -> Path:
        """Sockets between the processes of this machine."""
        return self.data / "run"


def variable(name: str) -> str:
    """Name the environment variable of a setting."""
    return (
        "PORT" if name in {"port", "PORT"} else f"BALAI_{name.removeprefix('BALAI_').upper()}"
    )

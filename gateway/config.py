"""gateway.yaml: one file for an installation, read by `run` and `check` alike.

Plain keys may be overridden by environment variables (`GATEWAY_DATABASE`, `GATEWAY_ENVIRONMENT`). Secrets stand
here only by reference. Every complaint names file, line and key. Parts of transports and destinations are checked
by the models of their own modules.
"""

from __future__ import annotations

import importlib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

import edi
from gateway.partners import Book, load_book, place, transport
from gateway.secrets import SecretError, Secrets
from gateway.units import Duration

Environment = Literal["prod", "test"]
PREFIX = "GATEWAY_"
OVERRIDES = ("environment", "name", "database", "partners", "staging")  # keys the environment may set


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Listeners(_Part):
    """What this gateway hosts: see the modules of these names in gateway/transports."""

    sftp: dict[str, Any] | None = None
    as2: dict[str, Any] | None = None
    https: dict[str, Any] | None = None


class Timing(_Part):
    """`incomplete_wait`: how long a file that ends inside an interchange waits for its rest. `drain`: on SIGTERM."""

    incomplete_wait: Duration = 120.0
    drain: Duration = 20.0


class Keys(_Part):
    """All keys of gateway.yaml. Paths are relative to the file."""

    environment: Environment = "prod"
    name: str = "gateway"
    database: str = "sqlite:///ledger.db"
    partners: str = "partners"
    staging: str = "staging"
    listeners: Listeners = Listeners()
    destinations: dict[str, dict[str, Any]] = Field(default_factory=dict)
    timing: Timing = Timing()

    @field_validator("database")
    @classmethod
    def _known_database(cls, value: str) -> str:
        if not value.startswith(("sqlite:///", "postgresql+psycopg://")):
            raise ValueError("write sqlite:///ledger.db or postgresql+psycopg://user@host/name")
        return value


class GatewayFile(Keys, BaseSettings):
    """gateway.yaml with what the environment overrides."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment wins over the file; nothing else is read."""
        return env_settings, init_settings


@dataclass(frozen=True)
class Configuration:
    """A checked installation: the file, its folder, its partners, and the settings of its modules."""

    path: Path
    file: GatewayFile
    secrets: Secrets
    book: Book
    listeners: Mapping[str, Any]  # by the name of their transport
    destinations: Mapping[str, tuple[Any, BaseModel]]

    @property
    def folder(self) -> Path:
        return self.path.parent

    @property
    def database(self) -> str:
        return database_url(self.file.database, self.folder)

    @property
    def staging(self) -> Path:
        """Where large files wait until they are stored."""
        return self.folder / self.file.staging


def load(path: Path) -> Configuration:
    """Read and check everything. Raises edi.ProfileError or edi.MapError with one line per complaint."""
    file, tree = read_file(path)
    complaints: list[str] = []
    folder, book = path.parent / file.partners, Book({})
    if not folder.is_dir():
        line = tree.key_line("partners") if "partners" in tree else 1
        complaints.append(f"{tree.file}:{line}: partners: there is no folder {folder}")
    try:
        book = load_book(folder, file.environment)
    except (edi.ProfileError, edi.MapError) as error:
        complaints.append(str(error))
    listeners: dict[str, Any] = {}
    for name in file.listeners.model_dump(exclude_none=True):
        try:
            listeners[name] = _listener(name, file, tree, path.parent)
        except edi.ProfileError as error:
            complaints.append(str(error))
    destinations: dict[str, tuple[Any, BaseModel]] = {}
    for name in file.destinations:
        try:
            destinations[name] = _destination(name, tree["destinations"])
            destinations[name][0].check_partners(name, book)
        except edi.ProfileError as error:
            complaints.append(str(error))
    complaints.extend(
        f"{place(partner, 'odoo', 'instance')}: odoo.instance: "
        f"there is no destination {partner.destination!r} in {path.name}"
        for partner in book
        if partner.destination and partner.destination not in file.destinations
    )
    if complaints:
        raise edi.ProfileError("\n".join(complaints))
    return Configuration(path, file, Secrets(path.parent), book, listeners, destinations)


def check_secrets(configuration: Configuration) -> None:
    """Whether every secret, key, folder and listener that `run` needs is there: of the listeners, the business systems,
    and the partners that trade. Raises edi.ProfileError with one line per complaint."""
    secrets, complaints = configuration.secrets, list(_nobody_listens(configuration))
    parts = [(f"destinations.{name}", None, settings) for name, (_, settings) in configuration.destinations.items()]
    for name, listener in configuration.listeners.items():
        parts.append((f"listeners.{name}", transport(name), listener))
    for partner in configuration.book.served:
        for name, settings in partner.channels.items():
            parts.append((f"{partner.folder / 'partner.yaml'}: channel {name}", transport(settings.kind), settings))
    for where, module, settings in parts:
        try:
            for reference in _references(settings.model_dump(mode="python")):
                secrets(reference)
            if module is not None:
                module.check(settings, secrets)
        except (SecretError, ValueError, OSError) as error:
            complaints.append(f"{where}: {error}")
    if complaints:
        raise edi.ProfileError("\n".join(complaints))


def read_file(path: Path) -> tuple[GatewayFile, Any]:
    """gateway.yaml alone, checked, and its tree."""
    if not path.is_file():
        raise edi.ProfileError(f"{path}: there is no such file; `gateway init DIR` makes one")
    tree = edi.load_config(path)
    edi.parse_config(Keys, tree)  # without the environment, so that complaints point into the file
    for key in Keys.model_fields.keys() - set(OVERRIDES):
        if PREFIX + key.upper() in os.environ:
            raise edi.ProfileError(
                f"{PREFIX}{key.upper()}: this key stands in the file only; the environment may set "
                + ", ".join(OVERRIDES)
            )
    values: dict[str, Any] = {str(key): value for key, value in tree.items()}
    try:
        return GatewayFile(**values), tree
    except ValidationError as error:
        first = error.errors()[0]  # the file alone was fine: the environment is not
        raise edi.ProfileError(f"{PREFIX}{str(first['loc'][0]).upper()}: {first['msg']}") from None


def database_url(url: str, folder: Path) -> str:
    """An SQLite path in the URL is relative to the configuration."""
    head = "sqlite:///"
    if url.startswith(head) and not url.startswith("sqlite:////"):
        return f"{head}{(folder / url.removeprefix(head)).resolve()}"
    return url


def _nobody_listens(configuration: Configuration) -> Iterator[str]:
    """Channels of partners that trade at a listener which is not opened."""
    for partner in configuration.book.served:
        for index, channel in enumerate(partner.channels.values()):
            listener = channel.kind.partition("-")[0]
            hosted = channel.kind == getattr(transport(channel.kind), "HOSTED", "")
            if hosted and listener not in configuration.listeners:
                where = place(partner, "channels", index, "kind")
                yield f"{where}: channels.kind: {channel.kind} needs listeners.{listener} in {configuration.path.name}"


def _listener(name: str, file: GatewayFile, tree: Any, folder: Path) -> Any:
    """A listener's settings, with its staging folder below the configuration."""
    listener = edi.parse_config(transport(name).Listener, tree["listeners"][name])
    return listener.model_copy(update={"staging": folder / (listener.staging or file.staging)})


def _destination(name: str, parts: Any) -> tuple[Any, BaseModel]:
    """The module of a destination and its settings. Lanes are named after destinations, so not every name will do."""
    part = parts[name]
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", name) or name in ("in", "out"):
        raise edi.ProfileError(
            f"{part.file}:{parts.key_line(name)}: destinations.{name}: a name has small letters, digits and dashes, "
            "and is neither `in` nor `out`"
        )
    if "kind" not in part:
        raise edi.ProfileError(f"{part.file}:{part.line}: destinations.{name}.kind: this key is missing")
    kind = str(part["kind"])
    try:
        module = importlib.import_module(f"gateway.destinations.{kind}")
        settings = module.Settings
    except (ModuleNotFoundError, AttributeError):
        line = part.key_line("kind")
        raise edi.ProfileError(f"{part.file}:{line}: destinations.{name}.kind: there is no kind {kind!r}") from None
    return module, edi.parse_config(settings, part)


def _references(value: Any) -> Iterator[str]:
    """Every `env:` and `file:` of some settings."""
    if isinstance(value, str):
        if value.startswith(("env:", "file:")):
            yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _references(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _references(item)

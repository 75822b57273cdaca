"""Settings that are changed while Citewell runs: checked, kept in ``HOME/settings.toml``, taken up without a restart.

Other lines of the file, and its comments, stay as they are.  Knows no page.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from index_store.errors import SettingsError, StorageError
from rag.settings import Settings, checked, decided_by_environment

CHANGEABLE = ("answerer", "model", "papers", "num_ctx", "think", "rewrite")


class Preferences:
    """The settings in force, and the way to change them.  Safe to share between threads."""

    def __init__(
        self, settings: Settings, take_up: Callable[[Settings], None], environ: Mapping[str, str] | None = None
    ) -> None:
        """``take_up`` puts changed settings into force."""
        self._settings = settings
        self._take_up = take_up
        self._environ = os.environ if environ is None else environ
        self._lock = threading.Lock()

    @property
    def settings(self) -> Settings:
        return self._settings

    def change(self, **changes: Any) -> Settings:
        """Change settings, keep them, and put them into force; None takes a setting out of the file.

        Raises ``SettingsError`` for a value that is not allowed or a setting that the environment decides, and
        ``StorageError``; then nothing is changed.
        """
        with self._lock:
            defaults = Settings(self._settings.home)
            values = {}
            for name, value in changes.items():
                if name not in CHANGEABLE:
                    raise SettingsError(f"{name!r} cannot be changed here. Set it in settings.toml and start again.")
                if variable := decided_by_environment(name, self._environ):
                    raise SettingsError(f"{variable} in the environment decides {name}. Unset it, and start again.")
                values[name] = getattr(defaults, name) if value is None else checked(name, value, "the page")
            settings = replace(self._settings, **values)
            self._keep(changes)
            self._take_up(settings)
            self._settings = settings
        return settings

    def _keep(self, changes: Mapping[str, Any]) -> None:
        file = self._settings.home / "settings.toml"
        try:
            document = tomlkit.parse(file.read_text("utf-8")) if file.exists() else tomlkit.document()
            for name, value in changes.items():
                if value is None:
                    document.pop(name, None)
                else:
                    document[name] = value
            fresh = file.with_name("settings.toml.new")
            fresh.write_text(tomlkit.dumps(document), "utf-8")
            fresh.replace(file)
        except (TOMLKitError, UnicodeDecodeError) as exc:
            raise SettingsError(f"{file}: {exc}. Mend it, or move it away.") from exc
        except OSError as exc:
            raise StorageError(f"{file} cannot be written: {exc.strerror}. Mend its permissions.") from exc

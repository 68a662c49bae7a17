"""The settings: what can be set, from where, and which value holds."""

from threadkeep.config.folders import Folders, folders
from threadkeep.config.load import Loaded, SettingValue, client_settings, load_settings
from threadkeep.config.settings import AgentSettings, LogLevel, Settings, StoreSettings, Titles, names_model
from threadkeep.config.table import Setting, settings_table, to_json_schema, to_markdown

__all__ = [
    "AgentSettings",
    "Folders",
    "Loaded",
    "LogLevel",
    "Setting",
    "SettingValue",
    "Settings",
    "StoreSettings",
    "Titles",
    "client_settings",
    "folders",
    "load_settings",
    "names_model",
    "settings_table",
    "to_json_schema",
    "to_markdown",
]

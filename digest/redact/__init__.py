"""People, customers, addresses and secrets out of any text; pure; keeps a map of positions.

`collect()` redacts each incident before anything is stored. What raises here costs that
incident: it is left out and counted, never shown as it was.
"""

from digest.redact.incident import redact_incident, redact_url
from digest.redact.mask import Redacted
from digest.redact.rules import Rules
from digest.redact.text import is_clean, redact_text

__all__ = ["Redacted", "Rules", "is_clean", "redact_incident", "redact_text", "redact_url"]

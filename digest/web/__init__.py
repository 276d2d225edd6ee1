"""The preview: an edition in every form, with what an editor needs to judge it, on this machine alone.

It shows one proof, and changes nothing. Importing it loads the server; the command line
therefore does so late.
"""

from digest.web.app import preview_app
from digest.web.serve import serve

__all__ = ["preview_app", "serve"]

"""The one way to other people's services over HTTP: read pages, post a message, and say what failed.

Everything that a service answers is taken for hostile: it may be endless, slow, packed a thousandfold,
cut short, a log-in page, or a redirect that would carry our credentials elsewhere. A failure is a
`RemoteError` whose words hold no credential, no query string and no body.
"""

from digest.http.address import Base, read_base
from digest.http.answer import Answer
from digest.http.client import Client
from digest.http.pace import Limits, Pace

__all__ = ["Answer", "Base", "Client", "Limits", "Pace", "read_base"]

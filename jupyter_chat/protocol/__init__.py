"""Every type that crosses the wire, once.

The front end's types are generated from this package (`npm run protocol` in
`labextension/`); a test fails when they are out of date.  Unknown fields are
ignored, so that an older peer can talk to a newer one; a wrong type is refused
with :class:`InvalidFrame`, which names the field.

Times are milliseconds since the Unix epoch (UTC), money is US dollars, and ids
are UUIDv7 strings: they sort by the time they were made.
"""

from .accounts import *
from .audit import *
from .basics import *
from .commands import *
from .context import *
from .conversations import *
from .events import *
from .frames import *
from .histories import *
from .hub import *
from .libraries import *
from .limits import *
from .models import *
from .moderation import *
from .people import *
from .resources import *
from .threads import *
from .usage import *

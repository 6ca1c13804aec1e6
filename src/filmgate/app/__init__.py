"""Where everything is built, once, and handed down: nothing below makes its own database, engine or clock.

A worker is built by ``filmgate.app.worker``, which takes a second to import; other processes need not wait for that.
"""

from filmgate.app.services import Services, open_services, utc_now

__all__ = ["Services", "open_services", "utc_now"]

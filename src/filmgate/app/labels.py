"""Builds what labels films, for a worker."""

from filmgate.app.services import Services
from filmgate.engines.burn import Burner
from filmgate.errors import SetupError
from filmgate.media.label import LabelWriter
from filmgate.media.probe import Prober
from filmgate.work.credentials import own_trust, signing_credentials
from filmgate.work.label import Labeller
from filmgate.work.steps import Steps


async def open_labeller(services: Services, steps: Steps, prober: Prober) -> Labeller:
    """As the settings say; its processes are closed with the services.

    Raises:
        SetupError: a setting is wrong, or nothing can be signed with the certificate.
    """
    settings = services.settings
    if not settings.label_producer.strip():
        raise SetupError("label_producer is empty.", "Films say who generated them: give a name.")
    credentials = None
    if settings.labels == "full":
        pair = (settings.label_certificate_file, settings.label_key_file)
        credentials = await signing_credentials(services.db, *pair, services.clock())
    writer = LabelWriter(credentials, await own_trust(services.db), processes=settings.engine_processes)
    services.closing.push_async_callback(writer.close)
    await writer.check()
    burner = Burner(processes=1)
    services.closing.push_async_callback(burner.close)
    return Labeller(
        extent=settings.labels,
        writer=writer,
        marker=burner,
        prober=prober,
        objects=services.objects,
        steps=steps,
        producer=settings.label_producer,
        propagator=settings.label_propagator,
    )

"""Media: what is in a picture, clip or sound, and how it gets onto this machine.

``fetch`` brings the bytes, ``probe`` finds their facts, ``cache`` remembers them. Strangers' bytes are decoded only in
the child processes of ``sandbox``, which run ``child``; ``decode`` and ``sniff`` are what runs there.
"""

"""The simulator: a vendor in any of the five dialects that makes no films and lies on request.

It stands apart from everything else here: it speaks with the server halves of the dialects as vendors do, and nothing
imports it but the command that starts it.

    call ──doors (``vendors/``)──> orders · downloads · control ──> book, with the lies (``lies.py``) drawn by dice
                                                                     │
    webhook <──callbacks── what there is to see of a job (``job.py``) at this moment, by its times and the clock
"""

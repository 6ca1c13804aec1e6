"""Hands: rows. Everything that filmgate keeps in Postgres, and the Postgres itself where none was given.

``embedded`` runs a Postgres in the data folder, ``migrate`` brings a database to this program's schema, ``db`` holds
the connections. ``accounts``, ``tasks``, ``ledger``, ``webhooks``, ``deliveries`` and ``secrets`` are the nouns; the
rules they follow are in the words of the same names and, repeated as CHECK and UNIQUE, in ``schema/*.sql``.
"""

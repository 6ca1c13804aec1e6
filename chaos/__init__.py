"""Real processes, hundreds of orders, and everything that can go wrong at once. ``python -m chaos`` runs it."""

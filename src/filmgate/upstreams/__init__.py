"""Upstreams: whoever gets a film made, remote or local."""

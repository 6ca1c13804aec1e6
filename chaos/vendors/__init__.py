"""Thousands of orders at vendors that lie, sent by workers that are killed, and the proof that none is made twice."""

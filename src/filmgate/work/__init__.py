"""The order in which things happen: an order is accepted, made, saved, and picked up again when its worker dies."""

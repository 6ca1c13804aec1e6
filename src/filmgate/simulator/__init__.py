"""The simulator: a vendor in any of the five dialects that generates nothing and lies on request."""

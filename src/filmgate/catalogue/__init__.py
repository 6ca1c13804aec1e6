"""Models, their rules and their prices, as data: a request comes in, violations or a plan with a quote come out."""

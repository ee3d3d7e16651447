"""How dates read where no page says it."""

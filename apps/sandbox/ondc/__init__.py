"""A stand-in for the ONDC network: registry, gateway and four sellers, with genuine signatures."""

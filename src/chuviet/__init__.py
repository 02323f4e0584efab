"""chuviet: small text-line recognisers and text detectors that fit a size budget."""

__version__ = "0.1.0"

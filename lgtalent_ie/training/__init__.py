"""Making the models. Never imported by the library itself."""

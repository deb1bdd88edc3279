"""How windows of morphemes reach a device in full batches and come back in order."""

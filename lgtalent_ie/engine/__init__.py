"""How windows of morphemes reach a device in full batches, and how the answers come back in order."""

"""Many documents: where they come from and where their records go."""

"""The guard before simulated traffic: whom it blocks, when, and whom never."""

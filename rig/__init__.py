"""The rig: what tests and benchmarks share to run the real house and hear what comes out."""

"""The conversation engine: imports no tornado, no database driver and no HTTP."""

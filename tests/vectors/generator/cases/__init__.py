"""One module for each vector file; `build()` returns its content."""

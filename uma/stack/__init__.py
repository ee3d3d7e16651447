"""
The embedded services behind `make run` and `make test`: started, watched and stopped by our own
small code.
"""

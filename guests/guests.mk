# The guests, built from source with the host's gcc, as and ld.
.PHONY: guests
guests:

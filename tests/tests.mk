# The tests' targets.
.PHONY: check
check: tests

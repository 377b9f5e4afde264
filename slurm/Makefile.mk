# Job scripts are shipped as they are.
EXTRA_DIST +=

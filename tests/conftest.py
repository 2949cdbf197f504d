"""Settings that every test shares."""

from hypothesis import settings

# Property tests must give the same verdict on every run and on a busy machine: a fixed choice of examples, and no
# limit on how long one may take (pytest's own time limit stands).
settings.register_profile("steady", derandomize=True, deadline=None, print_blob=True)
settings.load_profile("steady")

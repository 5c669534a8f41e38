"""SQL of `post_batch` with the routes of payments that the bank sent back (installed by migration 0019). 三（二）

Account 10 has no digit of its own: 60 and 70 are the routes from 5 and 6 to it, 105 and 106 those back.
"""

from services.funding.migrations.post_batch_v3 import POST_BATCH as BEFORE

_ROUTES = "    ROUTES CONSTANT smallint[] := '{"
if BEFORE.count(_ROUTES) != 1:
    raise AssertionError("the routes are not where this version adds its own")
POST_BATCH = BEFORE.replace(_ROUTES, f"{_ROUTES}60,70,105,106,")

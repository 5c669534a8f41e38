"""`tenghuan policy`: editions shown and compared, facts judged, decisions judged again, thresholds tried."""

from deploy.cli.policy.commands import app as app

"""`python -m deploy.cli`."""

from deploy.local.signals import exit_on_signals

if __name__ == "__main__":
    exit_on_signals()

from deploy.cli.app import main

if __name__ == "__main__":
    main()

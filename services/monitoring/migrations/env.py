from shared.storage.migrate import run_migrations

run_migrations()

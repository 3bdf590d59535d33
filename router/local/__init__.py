"""`alertveil up`: embedded Postgres and Valkey, the supervisor that watches them, demo data and the inbox."""

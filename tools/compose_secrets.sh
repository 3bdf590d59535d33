#!/bin/sh
# Makes ./secrets for docker-compose.yml: random passwords, the statements that make the database's roles, and a
# self-signed certificate to replace by your own. Run once, needs openssl; refuses to touch a directory that exists.
set -eu
cd "$(dirname "$0")/.."
target=${1:-secrets}

if [ -e "$target" ]; then
  echo "$target exists already and the database was made with it: move it away if you want new secrets." >&2
  exit 1
fi
if ! command -v openssl >/dev/null 2>&1; then
  echo "openssl is needed to make passwords and a certificate: install it." >&2
  exit 1
fi

# The directory keeps other users of this host out. The files are readable because each container reads its own as
# another user than the one who runs compose.
umask 022
mkdir -m 0700 "$target"
random() { openssl rand -hex 24; }
owner=$(random) service=$(random) auditor=$(random) redis=$(random)

random >"$target/postgres_password"
cat >"$target/roles.sql" <<SQL
-- Run once by the database container when it makes its cluster. The owner makes schema and group roles; the service
-- cannot bypass row-level security.
CREATE ROLE alertveil_migrator LOGIN CREATEROLE NOSUPERUSER NOCREATEDB NOBYPASSRLS PASSWORD '$owner';
CREATE ROLE alertveil_service LOGIN NOCREATEROLE NOSUPERUSER NOCREATEDB NOBYPASSRLS PASSWORD '$service';
CREATE ROLE alertveil_reader LOGIN NOCREATEROLE NOSUPERUSER NOCREATEDB NOBYPASSRLS PASSWORD '$auditor';
ALTER DATABASE alertveil OWNER TO alertveil_migrator;
SQL
echo "postgresql://alertveil_service:$service@/alertveil?host=/run/postgresql" >"$target/database_url"
echo "postgresql://alertveil_migrator:$owner@/alertveil?host=/run/postgresql" >"$target/owner_database_url"
echo "postgresql://alertveil_reader:$auditor@/alertveil?host=/run/postgresql" >"$target/auditor_database_url"
echo "requirepass $redis" >"$target/redis_conf"
echo "unix://:$redis@/run/redis/redis.sock" >"$target/redis_url"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 365 -subj /CN=alertveil \
  -addext subjectAltName=DNS:localhost,DNS:web,IP:127.0.0.1 \
  -keyout "$target/tls_key" -out "$target/tls_cert" 2>/dev/null
chmod 0644 "$target"/*
echo "made $target: replace tls_cert and tls_key by your own before others are to reach it"

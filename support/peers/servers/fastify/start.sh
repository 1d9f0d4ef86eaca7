#!/bin/sh
# Start PostgreSQL with an empty database in the folder $1, on a socket there, then the server; end both together.
set -eu
pg=$(dirname "$(readlink -f "$(command -v initdb || ls /usr/lib/postgresql/*/bin/initdb | tail -1)")")
[ -x "$pg/initdb" ] || { echo "PostgreSQL is not installed here" >&2; exit 69; }
folder=$1/pg
mkdir "$folder"
as=
if [ "$(id -u)" = 0 ]; then  # PostgreSQL refuses to run as root
    chmod a+x "$1" "$(dirname "$1")"
    chown postgres "$folder"
    as="setpriv --reuid=postgres --regid=postgres --clear-groups"
fi
$as "$pg/initdb" -D "$folder/data" -U app -A trust -E UTF8 --locale=C --no-sync >/dev/null
$as "$pg/postgres" -D "$folder/data" -k "$folder" -c listen_addresses= -F &
database=$!
server=
trap 'kill $server || true; kill -INT $database; wait $database' EXIT
trap 'exit 0' INT TERM
until "$pg/pg_isready" -q -h "$folder" -U app -d postgres; do kill -0 $database; sleep 0.1; done
DATABASE_URL="postgresql://app@/postgres?host=$folder" node app.js &
server=$!
wait $server

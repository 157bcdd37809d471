#!/bin/sh
# As the official image's: options alone are options of the server, which trusts its network.
set -e
case "${1#-}" in
"$1") ;;
*) set -- redis-server "$@" ;;
esac
if [ "$1" = redis-server ]; then
  shift
  exec redis-server --protected-mode no "$@"
fi
exec "$@"

"""The functions as they run in production, seen from outside: processes, sockets and stores."""

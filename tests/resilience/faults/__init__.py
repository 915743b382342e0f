"""What each thing Livepass rests on can do wrong, over real sockets, and what must come of it."""

"""Other people's clients, as published, on tokens that `make run` vended: `make clients`."""

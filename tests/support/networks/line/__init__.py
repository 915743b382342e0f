"""A network that is bad on purpose: two namespaces, and a process that carries their packets."""

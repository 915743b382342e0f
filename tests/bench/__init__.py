"""What Livepass costs, beside what others do: `make bench`, `make bench-cold`, `make capacity`."""

"""Time as it passes: edges to the millisecond, clocks that step, ends of years, summer time."""

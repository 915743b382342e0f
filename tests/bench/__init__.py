"""What Livepass costs, compared with other ways: `make bench`, `make bench-cold`, `make
capacity`.
"""

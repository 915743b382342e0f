"""Stand-ins in memory for clocks, stores, Gemini and the network. On top of them, all of Livepass
in this process (`livepass`), or its central sentence alone (`vend_requests`).
"""

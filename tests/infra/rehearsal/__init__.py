"""Operating Livepass, rehearsed: the real commands, with stand-ins for gcloud, terraform and npm
that record their calls and keep a small cloud in a folder.
"""

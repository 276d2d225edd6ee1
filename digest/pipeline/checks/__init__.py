"""Is everything right? Looks at each part of an installation, for `digest doctor` and `digest check`.

Nothing is sent and no incident is stored. Each look is on its own: what one finds broken keeps no other from
looking.
"""
